"""Components with a machine of their own on the AC side."""
