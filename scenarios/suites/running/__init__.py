"""Cases as they run, one or many at once."""
