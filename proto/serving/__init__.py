"""A site served over the Microgrid API, from start to end: what stands behind a port."""
