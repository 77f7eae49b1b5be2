"""The control service: a running site in the hands of programs in other processes and languages."""
