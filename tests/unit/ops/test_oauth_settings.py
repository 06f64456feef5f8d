"""Settings of the OAuth server."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tonearm.ops.settings import Settings


def settings(tmp_path: Path, hosts: list[str]) -> Settings:
    chosen: dict[str, Any] = {"data_dir": tmp_path, "oauth_private_hosts": hosts}
    return Settings(**chosen)


def test_hosts_are_written_as_in_addresses(tmp_path: Path) -> None:
    hosts = ["Apps.Home.example", "127.0.0.1:9000", "[::1]:9000", "[fd00::1]"]

    found = settings(tmp_path, hosts)

    assert found.oauth_private_hosts == [host.lower() for host in hosts]
    assert "apps.home.example" in found.audited["oauth_private_hosts"]
    assert (found.audited["oauth"], found.audited["oauth_registration"]) == ("True", "True")


@pytest.mark.parametrize(
    "bad", ["", "https://apps.example.org", "apps.example.org/x", "user@apps", "x:0", "x:y", "[::1"]
)
def test_what_is_no_host_is_refused_by_its_setting(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValidationError, match="must list hosts such as"):
        settings(tmp_path, [bad])
