"""The control service: programs in other processes and languages control a running site."""
