"""How one device behaves: pure functions on named tuples of floats, in SI units, passive sign convention."""
