"""The REST surface: each file in `routes` has one `ROUTER` and is found by itself."""

import pkgutil
from importlib import import_module

from fastapi import APIRouter

from tonearm.api import routes


def list_routers() -> list[APIRouter]:
    """Give the router of every file in the drawer, by file name; measures first, since nothing is asked for as often.

    Routes are tried one after another, which takes as long as a remembered answer itself where it comes last.
    """
    found = (module.name for module in pkgutil.iter_modules(routes.__path__))
    names = sorted(found, key=lambda name: (name != "history", name))
    return [import_module(f"{routes.__name__}.{name}").ROUTER for name in names]
