"""What the Microgrid API promises, in domain terms, once for all its versions."""
