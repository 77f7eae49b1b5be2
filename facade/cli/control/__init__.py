"""`doppelgrid control`: a running site, steered from the command line."""
