"""Stories told with a running site, through the calls that any user has."""
