"""The keys that sign access tokens: made once, read by nobody else, rotated while servers run."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.signing import SigningKeys
from tonearm.domain.errors import ConflictError, UnavailableError
from tonearm.storage.database import Database

STARTERS = 6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "signing-keys.json"


@pytest.fixture
def keys(database: Database, clock: MovingClock, path: Path) -> SigningKeys:
    path.parent.mkdir()
    return keys_of(database, clock, path)


def keys_of(database: Database, clock: MovingClock, path: Path) -> SigningKeys:
    return SigningKeys(path, database, clock, must_be_private=True)


def claims_at(clock: MovingClock) -> dict[str, Any]:
    now = int(clock().timestamp())
    names = {"iss": "here", "aud": "api", "sub": "1", "sid": "x", "jti": "y"}
    return {**names, "iat": now, "exp": now + 900}


def knows(keys: SigningKeys, token: str) -> bool:
    return keys.find_claims(token, audience="api", issuer="here") is not None


def listed(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["keys"]
    return found


def test_a_key_is_made_at_the_first_start_for_its_owner_alone(
    keys: SigningKeys, clock: MovingClock, path: Path, database: Database
) -> None:
    old = os.umask(0)
    try:
        keys.prepare()
    finally:
        os.umask(old)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = listed(path)
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    assert list(path.parent.iterdir()) == [path]
    (entry,) = Audit(database, clock).list()
    assert (entry.action, entry.details) == (Action.SIGNING_KEY_MADE, {"key": key["kid"]})
    again = keys_of(database, clock, path)
    again.prepare()
    assert listed(path) == [key]
    assert knows(again, keys.sign(claims_at(clock)))


def test_starters_at_the_same_time_make_one_key(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    path = tmp_path / "signing-keys.json"
    url = database.engine.url.render_as_string(hide_password=False)
    barrier = threading.Barrier(STARTERS)
    made: list[str] = []

    def start() -> None:
        mine = Database(url)
        starter = keys_of(mine, clock, path)
        barrier.wait()
        made.append(starter.sign(claims_at(clock)))
        mine.close()

    threads = [threading.Thread(target=start) for _ in range(STARTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(listed(path)) == 1
    assert [knows(keys_of(database, clock, path), token) for token in made] == [True] * STARTERS


def test_processes_that_start_together_make_one_key(database_url: str, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tonearm.ops.clock import system_clock; "
        "from tonearm.storage.database import Database; from tonearm.accounts.signing import SigningKeys; "
        "keys = SigningKeys(Path(sys.argv[2]), Database(sys.argv[1]), system_clock, must_be_private=True); "
        "keys.prepare(); print(keys.sign({}).split('.')[0])"
    )
    path = str(tmp_path / "signing-keys.json")
    processes = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", script, database_url, path], stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    headers = {process.communicate(timeout=60)[0] for process in processes}

    assert [process.returncode for process in processes] == [0] * 4
    assert len(headers) == 1
    assert len(listed(Path(path))) == 1


def test_a_rotated_key_verifies_until_its_tokens_have_expired(
    keys: SigningKeys, clock: MovingClock, path: Path, database: Database
) -> None:
    running = keys_of(database, clock, path)
    before = running.sign(claims_at(clock))
    (old,) = listed(path)

    kid = keys.rotate()

    assert (knows(running, before), knows(keys, before)) == (True, True)
    after = running.sign(claims_at(clock))
    new, kept = listed(path)
    assert new["kid"] == kid != old["kid"] == kept["kid"]
    # Of the key before only what everybody may know is left.
    assert "d" in new
    assert "d" not in kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    clock.advance(minutes=15)
    assert knows(running, before)
    clock.advance(minutes=1)
    assert not knows(running, before)
    assert knows(running, after)
    assert [key["kid"] for key in listed(path)] == [kid, old["kid"]]
    last = keys.rotate()
    assert [key["kid"] for key in listed(path)] == [last, kid]
    entries = [entry for entry in Audit(database, clock).list() if entry.details.get("before")]
    assert [entry.action for entry in entries] == [Action.SIGNING_KEY_ROTATED] * 2
    assert entries[1].details == {"key": kid, "before": old["kid"]}


def test_rotations_at_the_same_time_lose_no_key(
    keys: SigningKeys, clock: MovingClock, path: Path
) -> None:
    token = keys.sign(claims_at(clock))
    threads = [threading.Thread(target=keys.rotate) for _ in range(STARTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(listed(path)) == STARTERS + 1
    assert knows(keys, token)


def test_a_deleted_file_is_made_anew_and_old_tokens_are_unknown(
    keys: SigningKeys, clock: MovingClock, path: Path
) -> None:
    token = keys.sign(claims_at(clock))
    path.unlink()

    assert not knows(keys, token)
    assert knows(keys, keys.sign(claims_at(clock)))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_open_is_refused(
    keys: SigningKeys, clock: MovingClock, path: Path, database: Database, mode: int
) -> None:
    keys.prepare()
    path.chmod(mode)

    with pytest.raises(UnavailableError, match="chmod 600") as refused:
        keys_of(database, clock, path).prepare()
    assert str(path) not in refused.value.message


def test_where_that_is_allowed_it_is_only_warned_of(
    keys: SigningKeys, clock: MovingClock, path: Path, database: Database
) -> None:
    keys.prepare()
    path.chmod(0o644)

    with capture_logs() as logs:
        lenient = SigningKeys(path, database, clock, must_be_private=False)
        assert knows(lenient, lenient.sign(claims_at(clock)))
    assert [(entry["log_level"], entry["fix"]) for entry in logs] == [("warning", "chmod 600")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"keys": []}',
        '{"keys": [{}]}',
        "[]",
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
        "\xff",
    ],
)
def test_a_file_that_is_no_key_is_told_as_such(keys: SigningKeys, path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)

    with pytest.raises(UnavailableError, match="JWK set"):
        keys.prepare()


def test_a_public_key_alone_signs_nothing(keys: SigningKeys, path: Path) -> None:
    keys.prepare()
    (key,) = listed(path)
    del key["d"]
    path.write_text(json.dumps({"keys": [key]}))

    with pytest.raises(UnavailableError, match="JWK set"):
        keys.prepare()


def test_a_folder_that_cannot_be_written_is_told_as_such(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    missing = keys_of(database, clock, tmp_path / "nowhere" / "signing-keys.json")

    with pytest.raises(UnavailableError, match="cannot be written: No such file or directory"):
        missing.prepare()


def test_keys_that_are_given_sign_alike_everywhere_and_need_no_file(
    database: Database, clock: MovingClock, path: Path
) -> None:
    new, old, other = (Fernet.generate_key().decode() for _ in range(3))

    def server(*given: str) -> SigningKeys:
        return SigningKeys(path, database, clock, given, must_be_private=True)

    before, after = server(old), server(new, old)
    token = before.sign(claims_at(clock))
    assert before.prepare() == server(old).prepare() != after.prepare()
    assert knows(server(old), token)
    # For as long as it is given, the old one verifies and the new one signs.
    assert knows(after, token)
    assert not knows(before, after.sign(claims_at(clock)))
    assert not knows(server(new), token)
    assert not knows(server(other), token)
    with pytest.raises(ConflictError, match="TONEARM_SIGNING_KEYS"):
        after.rotate()
    assert not path.parent.exists()
    assert Audit(database, clock).list() == []
    assert not any(key in token + after.prepare() for key in (new, old))


def test_claims_are_for_one_audience_and_of_one_issuer(
    keys: SigningKeys, clock: MovingClock
) -> None:
    token = keys.sign(claims_at(clock))
    assert knows(keys, token)
    assert keys.find_claims(token, audience="api", issuer="elsewhere") is None
    assert keys.find_claims(token, audience="elsewhere", issuer="here") is None
