"""HTTP Basic over real HTTP: what it opens, for whom and over which lines, and what is written down of it."""

import base64
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cast import add_person
from serving import PASSWORD, database_at, serve, set_up, url_of
from tonearm.accounts.audit import Action, Audit, Wanted
from tonearm.domain.vocabulary import Role
from tonearm.ops.clock import system_clock

PROFILE = "/api/user/profile"
TOTALS = "/api/history/users/me/totals"
KEYS = "/api/user/keys"
ADMIN_PATH = "/api/admin/audit"


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def test_basic_is_off_unless_it_is_turned_on(tmp_path: Path) -> None:
    with serve(tmp_path) as base, set_up(base):
        refused = httpx2.get(base + ADMIN_PATH, headers=basic("Ada", PASSWORD))
        described = httpx2.get(f"{base}/api/openapi.json").json()
    assert refused.status_code == 401
    assert "TONEARM_ADMIN_AUTH_MODE=basic" in refused.json()["detail"]
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "basic" not in described["components"]["securitySchemes"]


def test_basic_opens_admin_operations_alone(tmp_path: Path, database_url: str) -> None:
    data, url = tmp_path / "data", url_of(database_url)
    with (
        serve(data, url, admin_auth_mode="basic") as base,
        set_up(base),
        database_at(data, url) as database,
    ):
        add_person(database, "Bob")
        add_person(database, "Zoë: ü", Role.ADMIN)
        assert httpx2.get(base + ADMIN_PATH, headers=basic("Ada", PASSWORD)).status_code == 200
        asked = httpx2.get(base + ADMIN_PATH)
        assert asked.headers["www-authenticate"] == 'Bearer, Basic realm="Tonearm", charset="UTF-8"'
        assert httpx2.get(base + ADMIN_PATH, headers=basic("Bob", PASSWORD)).status_code == 403
        wrong = httpx2.get(base + ADMIN_PATH, headers=basic("Ada", "not the password"))
        assert (wrong.status_code, wrong.json()["detail"]) == (401, "Name or password is wrong.")
        assert "Basic" in wrong.headers["www-authenticate"]
        for path in (PROFILE, KEYS, TOTALS):
            elsewhere = httpx2.get(base + path, headers=basic("Ada", PASSWORD))
            assert elsewhere.status_code == 401
            assert "admin operations only" in elsewhere.json()["detail"]
            assert elsewhere.headers["www-authenticate"] == "Bearer"
        for text in ("x", "%", base64.b64encode(b"Ada").decode(), "w6Q6/w=="):
            broken = httpx2.get(base + ADMIN_PATH, headers={"authorization": f"Basic {text}"})
            assert broken.status_code == 401
            assert "Base64 of name:password" in broken.json()["detail"]
        described = httpx2.get(f"{base}/api/openapi.json").json()
        assert {"basic": []} in described["paths"][ADMIN_PATH]["get"]["security"]
        assert {"basic": []} not in described["paths"][PROFILE]["get"]["security"]


def test_basic_is_throttled_like_a_log_in(tmp_path: Path) -> None:
    with serve(tmp_path / "data", admin_auth_mode="basic") as base, set_up(base):
        statuses = [
            httpx2.get(base + ADMIN_PATH, headers=basic("Ada", "not the password")).status_code
            for _ in range(12)
        ]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert httpx2.get(base + ADMIN_PATH, headers=basic("Ada", PASSWORD)).status_code == 429


@pytest.mark.parametrize("header", ["x-forwarded-for", "via"])
def test_basic_over_an_open_line_is_refused_before_the_password_is_looked_at(
    tmp_path: Path, header: str
) -> None:
    """What a proxy passes on has come from elsewhere, and nothing says that it came over TLS."""
    with serve(tmp_path / "data", admin_auth_mode="basic") as base, set_up(base):
        for password in (PASSWORD, "not the password"):
            headers = {**basic("Ada", password), header: "192.0.2.7"}
            refused = httpx2.get(base + ADMIN_PATH, headers=headers)
            assert refused.status_code == 403
            assert "HTTPS only" in refused.json()["detail"]
        with database_at(tmp_path / "data", "") as database:
            log = Audit(database, system_clock).list(Wanted(action=Action.LOG_IN_FAILED))
        assert log == []


def test_basic_that_a_browser_sends_along_changes_nothing_for_another_site(tmp_path: Path) -> None:
    with serve(tmp_path / "data", admin_auth_mode="basic") as base, set_up(base) as ada:
        path = f"{base}/api/admin/users/{ada.get(PROFILE).json()['id']}/keys"
        wish = {"name": "sneaky", "scopes": ["history:read"]}
        headers = {**basic("Ada", PASSWORD), "sec-fetch-site": "cross-site"}
        refused = httpx2.post(path, json=wish, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin")
        assert httpx2.post(path, json=wish, headers=basic("Ada", PASSWORD)).status_code == 201


def test_basic_goes_by_how_the_request_came(tmp_path: Path) -> None:
    """That cookies are for HTTPS only does not say that this request came over it; a trusted proxy does."""
    options: dict[str, Any] = {"admin_auth_mode": "basic", "secure_cookies": True}

    def ask(base: str, **headers: str) -> int:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        shown = {**basic("Ada", PASSWORD), **told}
        return httpx2.get(base + ADMIN_PATH, headers=shown).status_code

    with serve(tmp_path, **options) as base, set_up(base):
        assert ask(base) == 200
        assert ask(base, x_forwarded_for="192.0.2.7") == 403
        assert ask(base, x_forwarded_for="192.0.2.7", x_forwarded_proto="https") == 403
    with serve(tmp_path, **options, trusted_proxies=["127.0.0.1"]) as base:
        assert ask(base, x_forwarded_for="192.0.2.7", x_forwarded_proto="https") == 200
        assert ask(base, x_forwarded_for="192.0.2.7", x_forwarded_proto="http") == 403
        assert ask(base, x_forwarded_for="192.0.2.7") == 403


def test_a_log_in_by_basic_is_written_down_once_for_an_account_and_address(
    tmp_path: Path, database_url: str
) -> None:
    data, url = tmp_path / "data", url_of(database_url)
    with (
        serve(data, url, admin_auth_mode="basic") as base,
        set_up(base),
        database_at(data, url) as database,
    ):
        bob = add_person(database, "Bob")
        for name in ("Ada", "Bob", "Ada", "Bob"):
            httpx2.get(base + ADMIN_PATH, headers=basic(name, PASSWORD))
        httpx2.get(base + ADMIN_PATH, headers=basic("Ada", "not the password"))
        found = list(Audit(database, system_clock).iter(Wanted(action=Action.LOGGED_IN)))

    told = [(one.actor_id, one.subject_id, one.address, one.details) for one in found[1:]]
    assert told == [
        (who, who, "127.0.0.1", {"method": "basic"}) for who in (found[0].subject_id, bob.id)
    ]
    assert all(one.request_id for one in found)


def test_that_the_brake_refuses_basic_is_written_down_once(tmp_path: Path) -> None:
    with serve(tmp_path, admin_auth_mode="basic") as base, set_up(base):
        for _ in range(15):
            answer = httpx2.get(base + ADMIN_PATH, headers=basic("Ada", "not the password"))
        with database_at(tmp_path) as database:
            log = Audit(database, system_clock)
            (refused,) = log.list(Wanted(action=Action.LOG_IN_THROTTLED))

    assert answer.status_code == 429
    assert (refused.actor, refused.subject_id, refused.address) == ("visitor", 1, "127.0.0.1")
