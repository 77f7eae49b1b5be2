"""Wire formats: API messages to and from the gateway's domain values, and the servers that carry them."""
