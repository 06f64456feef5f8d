"""Which passwords will do."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tonearm.accounts.passwords import Passwords, check_password
from tonearm.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    "password",
    [
        "qwertyuiop",
        "QwertyUIOP",
        "1234567890",
        "Password123",
        " basketball",
        "~" * 10,
        "zZzZzZzZzZzZ",
        "\N{FULLWIDTH LATIN SMALL LETTER Q}wertyuiop",
    ],
)
def test_a_common_password_is_refused_however_it_is_written(password: str) -> None:
    with pytest.raises(InvalidInputError, match="tried first") as refusal:
        check_password(password, "Ada")

    assert refusal.value.parameter == "password"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ada Lovelace", "ada lovelace"),
        ("Ada Lovelace", "AdaLovelace!"),
        ("Ada Lovelace", "adalovelace1815"),
        ("Ada", "adaadaadaada"),
        ("Straßenmusikant", "STRASSENMUSIKANT"),
        ("a", "aaaaaaaaaaaa"),
    ],
)
def test_the_own_name_is_refused_with_little_else(name: str, password: str) -> None:
    with pytest.raises(InvalidInputError, match="hardly more than the name"):
        check_password(password, name)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ada", "correct horse battery"),
        ("Ada", "ada likes the engine"),
        ("e", "the evening redness"),
        ("", "x!7 Kü2b_Qz"),
        ("Ada", "!!!???!!!???"),
        ("!?", "!?!?!?!?!?!?"),
    ],
)
def test_other_passwords_will_do(name: str, password: str) -> None:
    check_password(password, name)


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 1_001])
def test_the_length_has_bounds(password: str) -> None:
    with pytest.raises(InvalidInputError, match="10 to 1,000 characters"):
        check_password(password, "Ada")


@pytest.mark.parametrize("password", [" " * 12, "\t" * 12, "a          b", "nine char\u3000\u00a0"])
def test_blanks_make_no_password_long(password: str) -> None:
    with pytest.raises(InvalidInputError, match="blanks in a row"):
        check_password(password, "Ada")


@pytest.mark.usefixtures("real_hashes")
def test_a_hash_of_lesser_strength_is_renewed_and_no_other() -> None:
    passwords = Passwords()
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8_192),)).hash(b"correct horse")
    strong = passwords.hash("correct horse")

    renewed = passwords.renew("correct horse", weak)

    assert renewed is not None
    assert passwords.verify("correct horse", renewed)
    assert passwords.renew("correct horse", renewed) is None
    assert passwords.renew("correct horse", strong) is None
