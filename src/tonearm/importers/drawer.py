"""Finds the formats in their drawer."""

from importlib import import_module
from pkgutil import iter_modules

from tonearm.importers import formats
from tonearm.importers.format import Format


def load_formats() -> tuple[Format, ...]:
    """Import every file of `formats/` and give its `FORMAT`, by name."""
    found = [
        import_module(f"{formats.__name__}.{module.name}").FORMAT
        for module in iter_modules(formats.__path__)
    ]
    return tuple(sorted(found, key=lambda format_: str(format_.name)))
