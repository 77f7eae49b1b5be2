"""What people type: the `doppelgrid` command."""
