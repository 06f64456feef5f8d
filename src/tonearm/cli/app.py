"""Finds the commands, runs one, and turns errors into a line and an exit code: 0 ok, 1 failed, 2 usage."""

import os
import sys
from pathlib import Path
from pkgutil import iter_modules
from typing import NoReturn

from cyclopts import App, CycloptsError

from tonearm.cli import commands
from tonearm.cli.session import printable
from tonearm.domain.errors import InvalidInputError, TonearmError

USAGE = 2
INTERRUPTED = 130


def _version() -> str:
    import tonearm  # noqa: PLC0415 - reading the version takes 30 ms that other commands need not pay

    return f"tonearm {tonearm.__version__} ({Path(tonearm.__file__).parent})"


def create_cli() -> App:
    """Make the command line; a file in `commands/` is loaded when its command is used."""
    app = App(
        name="tonearm",
        help="Your whole listening life, on your own machine.",
        version=_version,
        help_format="plaintext",
        suppress_keyboard_interrupt=False,  # `main` has words for it
    )
    folder = Path(commands.__path__[0])
    for module in iter_modules(commands.__path__):
        name = module.name.strip("_").replace("_", "-")
        app.command(
            f"{commands.__name__}.{module.name}:COMMAND",
            name=name,
            help=_first_sentence(folder / f"{module.name}.py"),
        )
    return app


def _first_sentence(path: Path) -> str:
    """Read what a command does off its file, which is quicker than loading it.

    Every file begins with a line such as: `tonearm serve`: pages, API and worker in one process.
    """
    with path.open(encoding="utf-8") as file:
        line = file.readline()
    sentence = line.strip().strip('"').partition("`: ")[2]
    return sentence[:1].upper() + sentence[1:]


def main() -> NoReturn:
    """Run the command line and exit."""
    # What Tonearm writes is personal: other accounts of this machine may not read it.
    os.umask(0o077)
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    try:
        result = create_cli()(exit_on_error=False, result_action="return_value")
    except CycloptsError:
        sys.exit(USAGE)
    except TonearmError as error:
        print(f"tonearm: {printable(error.message)}", file=sys.stderr)
        is_usage = isinstance(error, InvalidInputError) and error.parameter is not None
        sys.exit(USAGE if is_usage or error.code == "usage" else 1)
    except KeyboardInterrupt:
        print("tonearm: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has gone: no words about it
        sys.exit(0)
    except OSError as error:  # such as a full disk behind standard output
        where = f" ({error.filename})" if error.filename else ""
        print(f"tonearm: {error.strerror}{where}", file=sys.stderr)
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)
