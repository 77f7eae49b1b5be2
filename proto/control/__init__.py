"""The control service, by which programs in other processes and languages steer a running site."""

SERVICE = "/doppelgrid.control.v1.Control/"
"""How the names of its procedures begin."""
