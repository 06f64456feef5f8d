"""Writes the reference pages in `docs/reference` from the code, so that they cannot differ from it."""
