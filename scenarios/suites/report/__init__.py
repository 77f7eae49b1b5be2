"""What came of cases, for people and services."""
