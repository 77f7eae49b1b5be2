"""The running hardware of a site."""
