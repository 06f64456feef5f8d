"""A process of its own that renews a link: `python link_process.py URL KEYS ORIGIN USER LINK NOW`; prints the token."""

import sys
from datetime import datetime
from pathlib import Path

from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_tokens import LinkTokens
from tonearm.accounts.vault import Vault
from tonearm.simulator.simulator import CLIENT_ID
from tonearm.spotify.login import App, Login
from tonearm.storage.database import Database


def main(url: str, keys: str, origin: str, user_id: str, link_id: str, now: str) -> None:
    instant = datetime.fromisoformat(now)

    def clock() -> datetime:
        return instant

    database = Database(url)
    vault = Vault(database, clock, Path(keys), must_be_private=True)
    apps = LinkApps(database, clock, vault, App(CLIENT_ID))
    tokens = LinkTokens(database, clock, vault, apps, Login(origin, f"{origin}/v1", clock))
    source = tokens.lend(int(user_id), int(link_id))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(source.access_token())
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
