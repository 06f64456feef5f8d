"""Answers to requests that named an idempotency key, kept so that a repeat does nothing twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, tuple_, update

from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import idempotency_keys

KEPT = timedelta(hours=24)
LONGEST_AT_WORK = timedelta(hours=1)
"""After this long a request that never ended counts as lost with its process."""
_SWEPT_AT_ONCE = 1_000

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given."""

    request_hash: str
    """Of the request it was given to."""
    status: int
    headers: Headers
    body: bytes | None
    """None for one that held a secret, which is not kept."""


class KeptAnswers:
    """The answers of all callers, by the hash of the key that each request named."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, user_id: int, key_hash: str) -> bool:
        """Claim a key for a request that begins; False where it is taken already."""
        now = self._clock()
        with self._database.write() as connection:
            _sweep(connection, now)
            # Only the one in use: those of PostgreSQL take 50 ms and 2 MB to load.
            dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
            claimed = connection.execute(
                dialect.insert(idempotency_keys)
                .values(
                    user_id=user_id,
                    key_hash=key_hash,
                    request_hash="",
                    headers="{}",
                    body=b"",
                    created_at=now,
                )
                .on_conflict_do_nothing()
                .returning(idempotency_keys.c.key_hash)
            ).first()
        return claimed is not None

    def find(self, user_id: int, key_hash: str) -> KeptAnswer | None:
        """Give the answer that is kept under a key; None while its request is at work, or where there is none."""
        keys = idempotency_keys.c
        with self._database.read() as connection:
            row = connection.execute(
                select(idempotency_keys).where(
                    keys.user_id == user_id, keys.key_hash == key_hash, keys.status.is_not(None)
                )
            ).first()
        if row is None:
            return None
        headers = msgspec.json.decode(row.headers, type=Headers)
        return KeptAnswer(row.request_hash, row.status, headers, row.body)

    def keep(self, user_id: int, key_hash: str, answer: KeptAnswer) -> None:
        """Keep the answer to the request that claimed a key."""
        with self._database.write() as connection:
            connection.execute(
                update(idempotency_keys)
                .where(_is(user_id, key_hash))
                .values(
                    request_hash=answer.request_hash,
                    status=answer.status,
                    headers=msgspec.json.encode(answer.headers).decode(),
                    body=answer.body,
                )
            )

    def release(self, user_id: int, key_hash: str) -> None:
        """Give a claimed key back, because its request did nothing."""
        with self._database.write() as connection:
            connection.execute(
                delete(idempotency_keys).where(
                    _is(user_id, key_hash), idempotency_keys.c.status.is_(None)
                )
            )


def _is(user_id: int, key_hash: str) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.user_id == user_id, idempotency_keys.c.key_hash == key_hash)


def _sweep(connection: Connection, now: datetime) -> None:
    keys = idempotency_keys.c
    is_old = keys.created_at <= now - KEPT
    is_lost = and_(keys.status.is_(None), keys.created_at <= now - LONGEST_AT_WORK)
    old = (
        select(keys.user_id, keys.key_hash)
        .where(or_(is_old, is_lost))
        .limit(_SWEPT_AT_ONCE)
        # Whoever else sweeps now takes others: two that wait for each other's rows would never end.
        .with_for_update(skip_locked=True)
    )
    connection.execute(delete(idempotency_keys).where(tuple_(keys.user_id, keys.key_hash).in_(old)))
