"""Linking a log-in and coming in by it, in a real browser and at a real provider on another site."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import check_look, open_page
from oidc_login import Provider, run_provider
from oidc_site.people import PASSWORD as PASSWORD_THERE
from serving import PASSWORD, serve, set_up

pytestmark = pytest.mark.slow


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    folder = tmp_path / "provider"
    folder.mkdir()
    with run_provider(folder) as provider:
        yield provider


def log_in_there(page: Page, provider: Provider) -> None:
    page.wait_for_url(f"{provider.issuer.removesuffix('/o')}/login/**")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD_THERE)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Authorize").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_log_in_elsewhere_is_linked_used_and_unlinked(
    browser: Browser, provider: Provider, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    with serve(tmp_path / "data", **provider.settings) as base, set_up(base, "Grace"):
        watched = open_page(context, base)
        page = watched.page
        page.goto(f"{base}/login?next=/account")
        check_look(watched, width)
        page.get_by_label("Name").fill("Grace")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        check_look(watched, width)
        page.get_by_role("link", name="Link Home").click()
        log_in_there(page, provider)
        expect(page).to_have_url(f"{base}/account")
        linked = page.get_by_role("region", name="Log-in elsewhere")
        expect(linked).to_contain_text(provider.issuer)
        check_look(watched, width)
        page.get_by_role("button", name="Log out", exact=True).last.click()

        # It is known over there by now, and asked for its consent once more.
        page.goto(f"{base}/login?next=/account")
        page.get_by_role("link", name="Log in with Home").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert")).to_contain_text("was not allowed over there")
        page.get_by_role("link", name="Log in with Home").click()
        page.get_by_role("button", name="Authorize").click()
        expect(page).to_have_url(f"{base}/")
        page.goto(f"{base}/account")
        linked.get_by_role("button", name="Unlink").click()
        expect(page.get_by_role("link", name="Link Home")).to_be_visible()
        context.close()
    # The browser tells of pages that are refusals, and of addresses over there.
    known = ("Failed to load resource", provider.issuer.removesuffix("/o"))
    assert [one for one in watched.complaints if not one.startswith(known)] == []
