"""`make bench`: measure Tonearm against its budgets, each beside a yardstick of the same run."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # The modules here are `benchmarks.*`, so that none of them hides one of another folder.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from benchmarks.suite import main

    sys.exit(main())
