"""Secrets at rest."""

from hashlib import sha256


def digest(secret: str) -> str:
    """Give what is stored in place of a random secret.

    Secrets made here are 256 random bits: a plain hash is as good as a slow one, and can be looked up.
    """
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
