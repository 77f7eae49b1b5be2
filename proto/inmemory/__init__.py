"""The same procedures without a socket, for clients in this process."""
