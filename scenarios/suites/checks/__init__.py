"""What is held against a site and its controller."""
