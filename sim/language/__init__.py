"""What conditions say, and of what."""
