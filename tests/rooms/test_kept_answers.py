"""Answers kept for requests that are repeated."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from moving_clock import MovingClock
from tonearm.accounts.people import Accounts
from tonearm.storage.database import Database
from tonearm.storage.kept_answers import KEPT, LONGEST_AT_WORK, KeptAnswer, KeptAnswers
from tonearm.storage.tables import idempotency_keys

ANSWER = KeptAnswer("request", 201, {"location": "/api/things/1"}, b'{"id":1}')


@pytest.fixture
def ada(database: Database, clock: MovingClock) -> int:
    return Accounts(database, clock).set_up("Ada", "correct horse battery", "UTC").id


@pytest.fixture
def kept(database: Database, clock: MovingClock) -> KeptAnswers:
    return KeptAnswers(database, clock)


def test_a_key_is_claimed_once_and_then_gives_the_answer(kept: KeptAnswers, ada: int) -> None:
    assert kept.claim(ada, "key")
    assert not kept.claim(ada, "key")
    assert kept.find(ada, "key") is None

    kept.keep(ada, "key", ANSWER)

    assert not kept.claim(ada, "key")
    assert kept.find(ada, "key") == ANSWER


def test_keys_belong_to_their_caller(
    kept: KeptAnswers, ada: int, database: Database, clock: MovingClock
) -> None:
    bob = Accounts(database, clock).add("Bob", "UTC").id
    assert kept.claim(ada, "key")
    kept.keep(ada, "key", ANSWER)

    assert kept.find(bob, "key") is None
    assert kept.claim(bob, "key")


def test_what_did_nothing_gives_its_key_back_and_what_did_keeps_it(
    kept: KeptAnswers, ada: int
) -> None:
    assert kept.claim(ada, "failed")
    kept.release(ada, "failed")
    assert kept.claim(ada, "failed")

    assert kept.claim(ada, "done")
    kept.keep(ada, "done", ANSWER)
    kept.release(ada, "done")
    assert not kept.claim(ada, "done")


def test_a_key_holds_for_a_day_and_leaves_nothing_behind(
    kept: KeptAnswers, ada: int, database: Database, clock: MovingClock
) -> None:
    assert kept.claim(ada, "key")
    kept.keep(ada, "key", ANSWER)

    clock.advance(seconds=(KEPT - timedelta(seconds=1)).total_seconds())
    assert not kept.claim(ada, "key")
    clock.advance(seconds=1)
    assert kept.claim(ada, "other")

    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(idempotency_keys)) == 1
    assert kept.claim(ada, "key")


def test_a_request_that_was_lost_blocks_its_key_for_an_hour(
    kept: KeptAnswers, ada: int, clock: MovingClock
) -> None:
    assert kept.claim(ada, "key")

    clock.advance(seconds=(LONGEST_AT_WORK - timedelta(seconds=1)).total_seconds())
    assert not kept.claim(ada, "key")
    clock.advance(seconds=1)
    assert kept.claim(ada, "key")


def test_of_many_at_once_one_gets_the_key(kept: KeptAnswers, ada: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: kept.claim(ada, "key"), range(16)))

    assert claims.count(True) == 1


def test_an_answer_with_a_secret_has_no_body(kept: KeptAnswers, ada: int) -> None:
    assert kept.claim(ada, "key")
    kept.keep(ada, "key", KeptAnswer("request", 201, {}, None))

    found = kept.find(ada, "key")
    assert found is not None
    assert found.body is None
