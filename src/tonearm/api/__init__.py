"""The REST surface: each file in `routes` has one `ROUTER` and is found by itself."""

import pkgutil
from importlib import import_module

from fastapi import APIRouter

from tonearm.api import routes


def list_routers() -> list[APIRouter]:
    """Give the router of every file in the drawer, by file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(routes.__path__))
    return [import_module(f"{routes.__name__}.{name}").ROUTER for name in names]
