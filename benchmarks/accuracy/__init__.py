"""How well the models meet measurements and independent programs."""
