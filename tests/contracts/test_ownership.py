"""What belongs to one listener is not there for another, by whatever number they ask for it."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select, update

from asking import ABOUT_ONE
from cast import Cast, gather
from doors import BODIES, CLOSED, Door, knock
from tonearm.accounts.oauth_clients import Clients
from tonearm.accounts.oauth_documents import Documents
from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Role, Scope
from tonearm.history.shared import SharedView, ShareWish
from tonearm.history.shares import Shares
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import system_clock
from tonearm.ops.strangers import Strangers
from tonearm.storage.cover_tables import covers
from tonearm.storage.oauth_tables import oauth_clients, oauth_grants
from tonearm.storage.share_tables import shares
from tonearm.storage.tables import albums, artists, identities, keys, notifications, sessions
from tonearm.web.openapi import Owner

# Nobody else in these tests has a thing with so high a number.
HIGH = 5_000
# Words that are the same for everybody, so that there is nothing to find of somebody else's.
FIXED_WORDS = {"charts", "mcp", "top", "years"}
OTHER = 5
PICTURE = b"\xff\xd8\xff\xe0 a picture"
PLAYS = [
    {
        "ts": f"2024-03-0{day}T12:00:00Z",
        "ms_played": 200_000,
        "platform": "android",
        "conn_country": "DE",
        "master_metadata_track_name": f"Song {day}",
        "master_metadata_album_artist_name": "Other band" if day == OTHER else "Band",
        "master_metadata_album_album_name": "Other record" if day == OTHER else "Record",
        "spotify_track_uri": f"spotify:track:{day:022}",
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "incognito_mode": False,
    }
    for day in range(1, 6)
]


def kind_of(door: Door) -> str | None:
    """Give what the number in a path stands for: the word before it says so."""
    found = re.findall(r"/([\w-]+)/\{(?!user\})\w+\}", door.path)
    return found[-1] if found else None


OWNED = [
    door
    for door in CLOSED
    if door.owner is not Owner.EVERYBODY and kind_of(door) not in {None, *FIXED_WORDS}
]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        bring_in(cast, cast.people[Role.LISTENER])
        yield cast


def bring_in(cast: Cast, user: User) -> int:
    """Import a history for somebody; gives the number of the import."""
    files = {"files": ("Streaming_History_Audio_2024.json", json.dumps(PLAYS).encode())}
    with cast.client(user) as client:
        number = int(client.post("/api/imports", files=files).raise_for_status().json()["id"])
        deadline = time.monotonic() + 60
        while client.get(f"/api/imports/{number}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    return number


def correct(cast: Cast, user: User) -> int:
    rule = {"exclude": {"platform": "ios"}}
    with cast.client(user) as client:
        made = client.post("/api/history/users/me/corrections", json=rule).raise_for_status()
    return int(made.json()["id"])


def find_play(cast: Cast, user: User) -> int:
    with cast.client(user) as client:
        return int(client.get("/api/history/users/me/plays?hidden=in").json()["items"][0]["id"])


def find_item(item: str, cast: Cast, user: User) -> int:
    """Give the number of Band, its record or its song, also where another test has left it out or renamed it."""
    with cast.client(user) as client:
        # What another test has split off is not stored under its number.
        made = client.get("/api/history/users/me/corrections").raise_for_status().json()["items"]
        for split in made:
            if split["kind"] == "split" and split["undone_at"] is None:
                address = f"/api/history/users/me/corrections/{split['id']}"
                client.delete(address).raise_for_status()
        listed = client.get("/api/history/users/me/plays?hidden=in").json()["items"]
    plays = {play["track"]["uri"]: play for play in listed}
    return int(plays[PLAYS[0]["spotify_track_uri"]][item]["id"])


def find_covered(item: str, cast: Cast, user: User) -> int:
    """Give the number of Band or its record, with a cover."""
    number = find_item(item, cast, user)
    digest = sha256(PICTURE).hexdigest()
    data = Path(str(cast.database.engine.url.database)).parent
    folder = next(path.parent for path in data.glob("cache/*/*.columns*")) / "covers"
    folder.mkdir(exist_ok=True)
    (folder / digest).write_bytes(PICTURE)
    table = {"artist": artists, "album": albums}[item]
    row = {"user_id": user.id, "item": item, "item_id": number, "plays": 1, "digest": digest}
    with cast.database.write() as connection:
        theirs = (table.c.user_id == user.id, table.c.id == number)
        key = connection.execute(select(table.c.key).where(*theirs)).scalar_one()
        place = (covers.c.user_id == user.id, covers.c.item == item, covers.c.item_id == number)
        connection.execute(delete(covers).where(*place))
        known = {"outcome": "found", "again_at": system_clock(), "key": key}
        connection.execute(insert(covers).values(**row, **known))
    return number


def like(cast: Cast, user: User) -> int:
    with cast.client(user) as client:
        track = find_item("track", cast, user)
        client.put(f"/api/user/liked/{track}").raise_for_status()
    return track


def make_key(cast: Cast, user: User) -> int:
    return raised(cast, keys, user, cast.keys.create(user.id, "theirs", [Scope.PLAYER]).id)


def share(cast: Cast, user: User) -> int:
    """Share a picture, which has every page that a share can have."""
    wish = ShareWish(SharedView.YEAR_PICTURE, range="2024")
    made = Shares(cast.database, system_clock).create(user, wish)[0]
    return raised(cast, shares, user, made.id)


def begin_session(cast: Cast, user: User) -> int:
    return raised(cast, sessions, user, cast.sessions.begin(user, "password").session.id)


def get_notification(cast: Cast, user: User) -> int:
    """Write one like that which told of the import."""
    theirs = select(notifications).where(notifications.c.user_id == user.id)
    deadline = time.monotonic() + 60
    while True:
        with cast.database.read() as connection:
            row = connection.execute(theirs.limit(1)).mappings().one_or_none()
        if row is not None:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return add_row(cast, notifications, {**row})


def make_client(cast: Cast, user: User) -> int:
    clients = Clients(cast.database, system_clock, Documents(Strangers()))
    made = clients.make(user.id, f"theirs {time.monotonic_ns()}", [CHATGPT_ACTIONS])
    with cast.database.write() as connection:
        high = next_high(connection.scalar(select(func.max(oauth_clients.c.id))))
        place = oauth_clients.c.id == made.id
        connection.execute(update(oauth_clients).where(place).values(id=high))
    for known in clients.list(user.id)[5:]:
        clients.remove(user.id, known.id)
    return high


def make_grant(cast: Cast, user: User) -> int:
    now = system_clock()
    row = {
        "user_id": user.id,
        "client": make_client(cast, user),
        "scopes": "mcp",
        "resource": f"{cast.base}/mcp",
        "redirect_uri": "https://chatgpt.com/aip/g-1/oauth/callback",
        "code_hash": str(time.monotonic_ns()),
        "code_ends_at": now,
        "family_hash": str(time.monotonic_ns()),
        "created_at": now,
        "seen_at": now,
        "ends_at": now + timedelta(days=1),
    }
    return add_row(cast, oauth_grants, row)


def link_identity(cast: Cast, user: User) -> int:
    subject = str(time.monotonic_ns())
    row = {"issuer": "https://login.example.org", "subject": subject, "created_at": system_clock()}
    return add_row(cast, identities, {"user_id": user.id, **row})


def queue_job(cast: Cast, user: User) -> int:
    jobs = Jobs(cast.database, system_clock)
    with cast.database.write() as connection:
        number = jobs.enqueue(connection, "test.nobody", {}, queue="test", user_id=user.id)
    return jobs.cancel(number).id


def add_row(cast: Cast, table: Table, row: dict[str, Any]) -> int:
    with cast.database.write() as connection:
        row["id"] = next_high(connection.scalar(select(func.max(table.c.id))))
        connection.execute(insert(table).values(row))
    return int(row["id"])


def raised(cast: Cast, table: Table, user: User, number: int) -> int:
    """Give a thing a number that nobody else has."""
    with cast.database.write() as connection:
        high = next_high(connection.scalar(select(func.max(table.c.id))))
        place = (table.c.user_id == user.id, table.c.id == number)
        connection.execute(update(table).where(*place).values(id=high))
    return high


def next_high(highest: int | None) -> int:
    return max(HIGH, (highest or 0) + 1)


MAKERS: Mapping[str, Callable[[Cast, User], int]] = {
    "albums": partial(find_covered, "album"),
    "artists": partial(find_covered, "artist"),
    "clients": make_client,
    "corrections": correct,
    "grants": make_grant,
    "identities": link_identity,
    "imports": bring_in,
    "inbox": get_notification,
    "jobs": queue_job,
    "keys": make_key,
    "liked": like,
    "notifications": get_notification,
    "plays": find_play,
    "sessions": begin_session,
    "shares": share,
    "tracks": partial(find_item, "track"),
}


def test_of_every_kind_of_thing_there_is_one_to_try() -> None:
    assert {kind_of(door) for door in OWNED} == set(MAKERS)


@pytest.mark.parametrize("door", OWNED, ids=str)
def test_a_thing_is_there_for_whose_it_is_and_for_nobody_else(cast: Cast, door: Door) -> None:
    holder = cast.people[Role.LISTENER]
    number = MAKERS[str(kind_of(door))](cast, holder)
    scope = door.access.scope if door.access else None
    body = BODIES.get((door.method, door.path))
    # An admin may look at what the path calls a listener's; what is the caller's is the caller's alone.
    strangers = [cast.session(cast.other)]
    if door.owner is Owner.CALLER:
        strangers.append(cast.session(cast.people[Role.ADMIN]))
    if scope is not None and scope is not Scope.ADMIN:
        strangers.append(cast.key(cast.other, [scope]))
    users = ["me", holder.id] if door.owner is Owner.LISTENER else ["me"]

    found = {
        knock(cast.base, door, headers, user=user, number=number, body=body)
        for headers in strangers
        for user in users
    }

    assert found == {404}
    own = knock(cast.base, door, cast.session(holder), number=number, body=body)
    assert own not in (401, 403, 404, 422)


@pytest.mark.parametrize("door", [door for door in CLOSED if door.owner is Owner.LISTENER], ids=str)
def test_a_listener_is_not_there_for_another(cast: Cast, door: Door) -> None:
    holder = cast.people[Role.LISTENER]
    body = {"exclude": {"platform": "ios"}} if door.method == "POST" else None
    measure = door.path.rpartition("/")[2]
    address = door.address(holder.id)
    named = dict.fromkeys(ABOUT_ONE, "?artist=Band")
    query = {"compare": "?range=2024", **named}.get(measure, "")
    scope = door.access.scope if door.access else None
    assert scope is not None

    with cast.client(cast.other) as client:
        answers = [
            client.request(door.method, address + query, json=body),
            client.request(
                door.method,
                address + query,
                json=body,
                headers={"cookie": "", **cast.key(cast.other, [scope])},
            ),
        ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "no such listener" in answers[0].json()["detail"]


def test_numbers_in_bodies_find_only_what_is_the_caller_s(cast: Cast) -> None:
    play = find_play(cast, cast.people[Role.LISTENER])
    track = like(cast, cast.people[Role.LISTENER])

    with cast.client(cast.other) as client:
        path = "/api/history/users/me/corrections"
        for body in (
            {"hide": {"plays": [play]}},
            {"delete": {"plays": [play]}},
            {"split": {"tracks": [track], "artist": "Another"}},
            {"merge": {"item": "track", "into": track, "items": [track]}},
            {"exclude": {"track": track}},
        ):
            assert client.post(path, json=body).status_code == 422
        assert client.get(path).json()["items"] == []
