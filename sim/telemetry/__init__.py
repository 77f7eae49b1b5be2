"""What components report of themselves."""
