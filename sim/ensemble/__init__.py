"""Many runs of one site, over seeds and what varies."""
