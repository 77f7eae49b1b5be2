"""Builds the site from the pages in `docs/` and from the code; `make docs` runs it."""
