"""Servers on sockets: procedures, security, health, and a site served from start to end."""
