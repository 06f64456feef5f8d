"""A fresh simulator for a test, on a real server."""

from collections.abc import Iterator

import httpx2
import pytest

from simulator.simulating import make_simulator, open_api
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Simulator


@pytest.fixture
def simulator() -> Simulator:
    return make_simulator()


@pytest.fixture
def origin(simulator: Simulator) -> Iterator[str]:
    with serving(simulator) as address:
        yield address


@pytest.fixture
def api(simulator: Simulator, origin: str) -> Iterator[httpx2.Client]:
    with open_api(simulator, origin) as client:
        yield client
