"""What can go wrong with a site, and who makes it so."""
