"""The control service, by which programs in other processes and languages steer a running site."""
