"""`tonearm simulate`: a stand-in for Spotify to develop and test against."""

import sys

from tonearm.cli.session import UsageError, print_json, say

_LAST_PORT = 65_535


def simulate(*, port: int = 0, seed: int = 7, users: int = 3, json: bool = False) -> None:
    """Serve a simulated Spotify on 127.0.0.1 until it is interrupted.

    It has listeners who are listening right now, an app without a secret that sends people back to any
    allowed address, and a token that is ready to use. The same seed invents the same listeners.

    Args:
        port: Port to listen on. 0 takes a free one.
        seed: Chooses the listeners, their music and everything they do.
        users: How many listeners there are.
        json: Print addresses and token as one JSON document.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"--port is between 0 and {_LAST_PORT}.")
    if users < 1 or seed < 0:
        raise UsageError("--users is 1 or more and --seed 0 or more.")
    from tonearm.simulator import server  # noqa: PLC0415 - `--help` does not need it
    from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator  # noqa: PLC0415 - the same

    listening = server.listen(port)
    simulator = Simulator(seed, plan=Plan(users=users, days_after=365))
    _, tokens = simulator.link()
    origin = server.origin(listening)
    told = {
        "accounts": origin,
        "api": f"{origin}/v1",
        "control": f"{origin}/_simulator",
        "client_id": CLIENT_ID,
        "user": next(iter(simulator.users)),
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
    }
    if json:
        print_json(told)
    else:
        for name, value in told.items():
            say(f"{name.replace('_', ' '):<14} {value}")
    sys.stdout.flush()
    server.make_server(simulator).run(sockets=[listening])


COMMAND = simulate
