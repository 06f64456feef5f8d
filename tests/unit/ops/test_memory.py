import importlib
import sys

import pytest

from tonearm.ops.memory import leave_out


def test_what_is_left_out_looks_as_if_it_were_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    leave_out("this")
    try:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("this")
    finally:
        del sys.modules["this"]


def test_what_is_loaded_stays() -> None:
    leave_out("importlib")
    assert sys.modules["importlib"] is importlib
