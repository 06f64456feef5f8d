"""The keys that sign access tokens: made at the first start, kept in one file, rotated while servers run; or given.

The file is a JWK set (RFC 7517). Its first key signs. The others have been rotated out: of them only the public part is
left, and their `exp` says until when they verify, by which time every token that they signed has expired.

Keys that are given, each by its 32 secret bytes, are in the hands of whoever gives them: the first one signs, and all
of them verify for as long as they are given.
"""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.key_file import KeyFile, NoKeysError, Stamp, lock_keys
from tonearm.domain.errors import ConflictError, UnavailableError
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import instance

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

ACCESS_LIFETIME = timedelta(minutes=15)
CLOCK_SKEW = timedelta(minutes=1)
"""How far apart the clocks of servers that share their keys may be."""
_ALGORITHM = "EdDSA"
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "exp")
_INSTANCE_ROW = "id"
_ID_DIGITS = 16
_FILE = "The file of signing keys (TONEARM_SIGNING_KEYS_FILE, else signing-keys.json in the data folder)"
_HARM = (
    "who could make tokens in anybody's name. Give it the mode 0600 (chmod 600); if somebody may have read it, "
    "delete it, and a new key is made."
)


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    public: "Ed25519PublicKey"
    jwk: dict[str, Any]
    """The public part."""
    ends_at: datetime | None
    """When it verifies no longer; None for the key that signs."""


@dataclass(frozen=True, slots=True)
class _Ring:
    stamp: Stamp | None
    """None for keys that are given."""
    private: "Ed25519PrivateKey"
    keys: tuple[_Key, ...]
    """The first one signs."""


class SigningKeys:
    """The signing keys of one instance; several processes may share their file.

    What asks for them raises UnavailableError where the file cannot be used. The cryptography is loaded when it is
    first needed: most commands never do.
    """

    def __init__(
        self,
        path: Path,
        database: Database,
        clock: Clock,
        given: Sequence[str] = (),
        *,
        must_be_private: bool,
    ) -> None:
        """Take the keys that are given, the newest first, else those of a file, which is made where there is none.

        `must_be_private` refuses a file that others may read.
        """
        self._file = KeyFile(path, _FILE, _HARM, must_be_private)
        self._database = database
        self._clock = clock
        self._given = tuple(given)
        self._known: _Ring | None = None

    def prepare(self) -> str:
        """Make or read the keys, so that a fault is told at the start, and give the id of the one that signs."""
        return self._read().keys[0].id

    def sign(self, claims: dict[str, Any]) -> str:
        """Make a JWT of some claims."""
        import jwt  # noqa: PLC0415 - see the class

        ring = self._read()
        headers = {"kid": ring.keys[0].id}
        return jwt.encode(claims, ring.private, algorithm=_ALGORITHM, headers=headers)

    def find_claims(self, token: str, *, audience: str, issuer: str) -> dict[str, Any] | None:
        """Give what a JWT claims that was signed here for this audience; None for any other text.

        Whether it holds at this time is for the caller to see.
        """
        import jwt  # noqa: PLC0415 - see the class

        try:
            name = jwt.get_unverified_header(token).get("kid")
            now = self._clock()
            for key in self._read().keys:
                if key.id == name and (key.ends_at is None or now < key.ends_at):
                    claims: dict[str, Any] = jwt.decode(
                        token,
                        key.public,
                        algorithms=[_ALGORITHM],
                        audience=audience,
                        issuer=issuer,
                        options={
                            "require": list(_CLAIMS),
                            "verify_exp": False,
                            "verify_iat": False,
                        },
                    )
                    return claims
        except jwt.InvalidTokenError:
            return None
        return None

    def rotate(self) -> str:
        """Let a new key sign from now on, and give its id; the one before verifies what it has signed.

        Raises:
            ConflictError: the keys are given, so that whoever gives them rotates them.
        """
        if self._given:
            raise ConflictError(
                "The signing keys are in TONEARM_SIGNING_KEYS: rotate them there, by a new one in front of the others."
            )
        self._read()
        now = self._clock()
        with self._database.write() as connection:
            lock_keys(connection)
            ring = self._load()
            private, jwk = _generate()
            ends_at = now + ACCESS_LIFETIME + CLOCK_SKEW
            kept = [
                {**key.jwk, "exp": int((key.ends_at or ends_at).timestamp())}
                for key in ring.keys
                if key.ends_at is None or now < key.ends_at
            ]
            record(
                connection,
                now,
                Action.SIGNING_KEY_ROTATED,
                key=jwk["kid"],
                before=ring.keys[0].id,
            )
            self._file.write({"keys": [private, *kept]})
        return str(jwk["kid"])

    def _read(self) -> _Ring:
        """Give the keys that are given, or as the file has them now."""
        known = self._known
        if self._given:
            if known is None:
                known = self._known = _ring(self._given)
            return known
        stamp = self._file.find_stamp()
        if stamp is None:
            self._make()
        if known is None or known.stamp != stamp:
            known = self._known = self._load()
        return known

    def _make(self) -> None:
        with self._database.write() as connection:
            lock_keys(connection)
            if self._file.find_stamp() is not None:  # another process was quicker
                return
            private, jwk = _generate()
            record(connection, self._clock(), Action.SIGNING_KEY_MADE, key=jwk["kid"])
            self._file.write({"keys": [private]})

    def _load(self) -> _Ring:
        import jwt  # noqa: PLC0415 - see the class
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - the same
            Ed25519PrivateKey,
        )

        try:
            stamp, document = self._file.read()
            private = jwt.PyJWK(document["keys"][0], _ALGORITHM).key
            if not isinstance(private, Ed25519PrivateKey):
                raise TypeError(type(private))  # noqa: TRY301 - told with all the others below
            keys = tuple(_key(jwk) for jwk in document["keys"])
        except (NoKeysError, ValueError, LookupError, TypeError, jwt.PyJWTError) as error:
            raise UnavailableError(
                f"{_FILE} holds no JWK set of Ed25519 keys. Put it back as it was, or delete it: a new key "
                "is made, and API clients refresh their tokens once more."
            ) from error
        return _Ring(stamp, private, keys)


def instance_id(connection: Connection) -> str:
    """Give the name that this instance has among all others."""
    row = select(instance.c.value).where(instance.c.key == _INSTANCE_ROW)
    return str(connection.execute(row).scalar_one())


def _generate() -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a key: the private JWK and the public one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see SigningKeys
        Ed25519PrivateKey,
    )
    from jwt.algorithms import OKPAlgorithm  # noqa: PLC0415 - the same

    key = Ed25519PrivateKey.generate()
    told = {"kid": token_hex(8), "use": "sig", "alg": _ALGORITHM}
    private = {**OKPAlgorithm.to_jwk(key, as_dict=True), **told}
    public = {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), **told}
    return private, public


def _ring(given: Sequence[str]) -> _Ring:
    """Make the keys that are given; their ids are the same on every server."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see SigningKeys
        Ed25519PrivateKey,
    )
    from jwt.algorithms import OKPAlgorithm  # noqa: PLC0415 - the same

    privates = [Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(key)) for key in given]
    jwks = [OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) for key in privates]
    keys = tuple(_key({**jwk, "kid": digest(jwk["x"])[:_ID_DIGITS]}) for jwk in jwks)
    return _Ring(None, privates[0], keys)


def _key(jwk: dict[str, Any]) -> _Key:
    from jwt import PyJWK  # noqa: PLC0415 - see SigningKeys

    public = {name: value for name, value in jwk.items() if name not in {"d", "exp"}}
    ends_at = datetime.fromtimestamp(jwk["exp"], UTC) if "exp" in jwk else None
    return _Key(jwk["kid"], PyJWK(public, _ALGORITHM).key, public, ends_at)
