"""Every operation answers as the OpenAPI document says, whatever is sent: nothing undocumented, no server error."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from cast import METRICS_TOKEN
from serving import PASSWORD, serve
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts
from tonearm.domain.vocabulary import Role, Scope
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tools.reference.operations import describe_api, iter_operations

load_all_checks()
# A schema cannot say that an end lies ahead or a zone is one, so what fits it may be refused. Whether a caller is
# asked for is what test_routes.py walks through.
CHECKED: list[Any] = [
    check
    for check in CHECKS.get_all()
    if check.__name__ not in {"positive_data_acceptance", "ignored_auth"}
]
DOCUMENT = describe_api()
API = schemathesis.openapi.from_dict(DOCUMENT)
IS_OPEN = {
    f"{method.upper()} {path}"
    for method, path, operation in iter_operations(DOCUMENT)
    if "security" not in operation
}
OPEN = API.include(name=sorted(IS_OPEN))
# Whatever nobody known sends here is refused: which of their fields is wrong is tried one by one for who is known.
CLOSED = schemathesis.openapi.from_dict(DOCUMENT).exclude(name=sorted(IS_OPEN))
CLOSED.config.phases.coverage.enabled = False
EXAMPLES = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


class Known:
    """An owner who stays known, also after a request that revoked their key or ended their account."""

    def __init__(self, base: str, database: Database) -> None:
        self.base = base
        self.session = requests.Session()
        self._database = database
        self._key = "none"
        self._may_have_ended = True

    def headers(self, method: str) -> dict[str, str]:
        """Give a key that opens everything, for a request of a method."""
        self.session.cookies.clear()
        shown = {"authorization": f"Bearer {self._key}"}
        may_have_ended = self._may_have_ended
        self._may_have_ended = method.upper() != "GET"  # who only looks ends nothing
        if not may_have_ended:
            return shown
        profile = self.session.get(f"{self.base}/api/user/profile", headers=shown)
        if profile.status_code != 200 or profile.json()["role"] != Role.OWNER:
            accounts = Accounts(self._database, system_clock)
            user = next((user for user in accounts.list() if user.role is Role.OWNER), None)
            user = user or accounts.set_up("Ada", PASSWORD, "UTC")
            keys = Keys(self._database, system_clock)
            for key in keys.list(user.id):
                keys.revoke(user.id, key.id)
            self._key = keys.create(user.id, "fuzz", Scope).key
        return {"authorization": f"Bearer {self._key}"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("data")
    with serve(folder, metrics_token=METRICS_TOKEN) as base:
        database = Database(f"sqlite:///{folder / 'tonearm.db'}")
        yield Known(base, database)
        database.close()


@API.parametrize()
@EXAMPLES
def test_a_known_caller_gets_what_is_documented(case: schemathesis.Case[Any], known: Known) -> None:
    headers = known.headers(case.method)
    case.call_and_validate(known.base, known.session, headers=headers, checks=CHECKED, timeout=30)


@OPEN.parametrize()
@EXAMPLES
def test_nobody_known_gets_what_is_documented(case: schemathesis.Case[Any], known: Known) -> None:
    known.session.cookies.clear()
    case.call_and_validate(known.base, known.session, checks=CHECKED, timeout=30)


@CLOSED.parametrize()
@EXAMPLES
def test_nobody_known_is_refused_as_is_documented(
    case: schemathesis.Case[Any], known: Known
) -> None:
    known.session.cookies.clear()
    answer = case.call_and_validate(known.base, known.session, checks=CHECKED, timeout=30)
    # What is no sensible request of anybody is told so first.
    assert answer.status_code in (401, 400, 422)
