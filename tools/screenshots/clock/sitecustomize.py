# ruff: noqa: INP001 - Python finds it by its name, in a folder that is on its path for this alone
"""Lets Tonearm believe that it is another day, and the processes it starts too: Python runs this when it begins.

Pictures of a demo would otherwise differ from day to day. SCREENSHOTS_BEHIND says how far it is behind, in seconds.
"""

import os
from datetime import datetime, timedelta
from types import SimpleNamespace

from tonearm.ops import clock

_BEHIND = timedelta(seconds=float(os.environ["SCREENSHOTS_BEHIND"]))
setattr(clock, "datetime", SimpleNamespace(now=lambda zone: datetime.now(zone) - _BEHIND))  # noqa: B010 - a module that does not know of it
