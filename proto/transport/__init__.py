"""What every transport has in common: procedures, open streams, security, health."""
