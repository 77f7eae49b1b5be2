"""The Microgrid API in each of its versions."""
