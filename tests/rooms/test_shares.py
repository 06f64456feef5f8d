"""Shares: one link, one page, until it ends; and nothing but that."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import event, func, select, update

from moving_clock import MovingClock
from polling import TEN, A, B, House, row_of
from tonearm.accounts.audit import Audit
from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import ItemKind, Rule
from tonearm.history.shared import ShareChange, SharedView, ShareWish
from tonearm.history.shares import MOST_SHARES, SHARE_PREFIX, Shares
from tonearm.insights.charts.month import MonthQuestion
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.charts.year import YearQuestion
from tonearm.insights.plays import PlaysQuestion
from tonearm.storage.database import Database
from tonearm.storage.share_tables import shares as table
from tonearm.storage.tables import users
from tonearm.ui.formats import NBSP
from tonearm.ui.share_cards import share_card
from tonearm.ui.sharing import shared_story

OVERVIEW = ShareWish(SharedView.OVERVIEW)


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


@pytest.fixture
def shares(house: House) -> Shares:
    return Shares(house.database, house.clock)


@pytest.fixture
def ada(house: House) -> User:
    return Accounts(house.database, house.clock).get(1)


def named(title: str, artist: str = "Glass Harbour") -> dict[str, Any]:
    return {
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": f"Signals of {artist}",
    }


def test_a_share_is_opened_by_its_link_and_counted(
    shares: Shares, ada: User, house: House, clock: MovingClock
) -> None:
    share, token = shares.create(
        ada, replace(OVERVIEW, title=" My April ", shown_name="Jo", rule=Rule.ANY)
    )

    assert token.startswith(SHARE_PREFIX)
    assert (share.id, share.title, share.shown_name) == (1, "My April", "Jo")
    assert share.ends_at == clock() + timedelta(days=30)
    clock.advance(hours=1)
    user, found = shares.open(token, is_view=True)
    assert (user.id, found.share) == (1, share)
    shares.open(token, is_view=False)
    assert shares.list(1) == [replace(share, views=1, viewed_at=clock())]
    with house.database.read() as connection:
        assert token not in str(connection.execute(select(table)).all())


def test_without_a_choice_the_rule_is_the_one_that_the_listener_prefers_now(
    shares: Shares, ada: User
) -> None:
    assert shares.create(replace(ada, rule=Rule.HALF), OVERVIEW)[0].rule is Rule.HALF


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect what is asked of the database."""
    asked: list[str] = []

    def note(*told: Any) -> None:  # noqa: ANN401 - what the listener of SQLAlchemy is given
        asked.append(told[2])

    engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_every_link_that_leads_nowhere_is_refused_in_the_same_words_and_by_the_same_work(
    shares: Shares, ada: User, house: House, clock: MovingClock
) -> None:
    ended = shares.create(ada, replace(OVERVIEW, lifetime=timedelta(days=1)))[1]
    clock.advance(days=1)
    share, revoked = shares.create(ada, OVERVIEW)
    shares.revoke(1, share.id)
    bob = Accounts(house.database, clock).get(2)
    disabled = shares.create(bob, OVERVIEW)[1]
    with house.database.write() as connection:
        connection.execute(update(users).where(users.c.id == 2).values(disabled_at=clock()))
    working = shares.create(ada, OVERVIEW)[1]
    wrong = [working[:-1], f"{working}x", working.swapcase(), "", "\0", "\ud800", SHARE_PREFIX]

    told, work = set(), set()
    for token in (ended, revoked, disabled, *wrong):
        with statements(house.database) as asked, pytest.raises(NotFoundError) as refused:
            shares.open(token, is_view=True)
        told.add(refused.value.message)
        work.add(tuple(asked))

    assert len(told) == len(work) == 1
    assert shares.open(working, is_view=True)[0].id == 1


def test_what_is_disabled_comes_back_with_its_account(
    shares: Shares, ada: User, house: House, clock: MovingClock
) -> None:
    token = shares.create(ada, OVERVIEW)[1]
    for at in (clock(), None):
        with house.database.write() as connection:
            connection.execute(update(users).where(users.c.id == 1).values(disabled_at=at))
        if at is None:
            shares.open(token, is_view=True)
        else:
            with pytest.raises(NotFoundError):
                shares.open(token, is_view=True)


def test_a_share_changes_its_words_and_its_end_and_keeps_its_link(
    shares: Shares, ada: User, clock: MovingClock
) -> None:
    share, token = shares.create(ada, replace(OVERVIEW, lifetime=None))
    assert share.ends_at is None

    changed = shares.change(1, 1, ShareChange(title="Better"))
    assert (changed.title, changed.ends_at) == ("Better", None)
    changed = shares.change(1, 1, ShareChange(shown_name="Jo", lifetime=timedelta(days=2)))

    assert (changed.title, changed.shown_name) == ("Better", "Jo")
    assert changed.ends_at == clock() + timedelta(days=2)
    assert shares.open(token, is_view=False)[1].share == changed
    clock.advance(days=2)
    assert shares.list(1) == []
    with pytest.raises(NotFoundError):
        shares.change(1, 1, ShareChange(title="Later"))


def test_a_share_of_another_is_not_there(shares: Shares, ada: User, house: House) -> None:
    shares.create(ada, OVERVIEW)
    deeds: list[Callable[[], object]] = [
        lambda: shares.get(2, 1),
        lambda: shares.change(2, 1, ShareChange(title="Mine")),
        lambda: shares.revoke(2, 1),
    ]
    for deed in deeds:
        with pytest.raises(NotFoundError, match="no share 1"):
            deed()
    assert shares.list(2) == []
    assert shares.create(Accounts(house.database, house.clock).get(2), OVERVIEW)[0].id == 1


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (replace(OVERVIEW, range="bogus"), "no range"),
        (replace(OVERVIEW, range="2024-02..2024-01"), "no range"),
        (replace(OVERVIEW, kind="films"), "kind is one of"),
        (ShareWish(SharedView.TOP_SHOWS), "podcast, audiobook"),
        (ShareWish(SharedView.YEAR), "one year"),
        (ShareWish(SharedView.YEAR, range="2024-03"), "one year"),
        (ShareWish(SharedView.YEAR, range="2024-01-01..2025-01-01"), "one year"),
        (ShareWish(SharedView.YEAR_PICTURE, range="last_365_days"), "one year"),
        (ShareWish(SharedView.YEAR, range="1999"), "from 2006"),
        (ShareWish(SharedView.MONTH), "one month: give it as YYYY-MM, this_month or last_month"),
        (ShareWish(SharedView.MONTH, range="2024"), "one month"),
        (ShareWish(SharedView.MONTH, range="2024-W05"), "one month"),
        (ShareWish(SharedView.MONTH, range="2024-02-01..2024-03-01"), "one month"),
        (ShareWish(SharedView.MONTH_PICTURE, range="last_year"), "one month"),
        (ShareWish(SharedView.MONTH, range="2005-12"), "from 2006"),
        (replace(OVERVIEW, title="x" * 101), "100 printable"),
        (replace(OVERVIEW, title="a\nb"), "printable"),
        (replace(OVERVIEW, title="\ud800"), "printable"),
        (replace(OVERVIEW, shown_name="x" * 65), "64 printable"),
        (replace(OVERVIEW, lifetime=timedelta(0)), "1 to 366 days"),
        (replace(OVERVIEW, lifetime=timedelta(days=367)), "1 to 366 days"),
        (replace(OVERVIEW, item="1"), "no single item"),
        (ShareWish(SharedView.ARTIST), "give its number"),
        (ShareWish(SharedView.ARTIST, item="Glass Harbour"), "number of the artist"),
    ],
)
def test_what_cannot_be_shared_is_told(
    shares: Shares, ada: User, wish: ShareWish, word: str
) -> None:
    for deed in (shares.create, shares.draft):
        with pytest.raises(InvalidInputError, match=word):
            deed(ada, wish)
    assert shares.list(1) == []


def test_nobody_has_shares_without_end(
    shares: Shares, ada: User, house: House, clock: MovingClock
) -> None:
    for _ in range(MOST_SHARES):
        shares.create(ada, OVERVIEW)
    with pytest.raises(ConflictError, match="Revoke one"):
        shares.create(ada, OVERVIEW)
    clock.advance(days=31)
    # Those that have ended are no hindrance, and keep their numbers.
    assert shares.create(ada, OVERVIEW)[0].id == MOST_SHARES + 1
    with house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == MOST_SHARES + 1


def test_what_a_share_is_about_is_found_again_under_another_number(
    shares: Shares, ada: User, house: House
) -> None:
    first = house.bring_in(row_of(A, TEN) | named("Tidal", "Other"))
    second = house.bring_in(row_of(B, TEN + timedelta(hours=1)) | named("Orchard", "311"))
    tops = house.insights.answer("top-artists", 1, TopQuestion(kind="all"))
    number = next(item.id for item in tops.items if item.name == "311")
    token = shares.create(ada, ShareWish(SharedView.ARTIST, kind="all", item=str(number)))[1]
    assert shares.open(token, is_view=False)[1].number == number

    house.imports.undo(1, second)
    with pytest.raises(NotFoundError):
        shares.open(token, is_view=False)
    found = shares.get(1, 1)
    assert (found.number, found.share.item) == (None, "311")
    house.imports.undo(1, first)
    house.bring_in(row_of(B, TEN) | named("Orchard", "311"))
    house.bring_in(row_of(A, TEN + timedelta(hours=1)) | named("Tidal", "Other"))

    again = shares.open(token, is_view=False)[1]
    (only,) = house.insights.glimpse(
        1, TopQuestion(kind="all", artist=str(again.number)), 5
    ).artists.items
    assert (again.share.item, only.name) == ("311", "311")


def test_an_album_of_the_same_name_does_not_take_the_place_of_another(
    shares: Shares, ada: User, house: House
) -> None:
    same = {"master_metadata_album_album_name": "Greatest Hits"}
    house.bring_in(row_of(A, TEN) | named("Tidal", "Other") | same)
    second = house.bring_in(
        row_of(B, TEN + timedelta(hours=1)) | named("Orchard", "Harbour") | same
    )
    albums = house.insights.answer("top-albums", 1, TopQuestion(kind="all")).items
    number = next(item.id for item in albums if item.artist == "Harbour")
    token = shares.create(ada, ShareWish(SharedView.ALBUM, kind="all", item=str(number)))[1]

    house.imports.undo(1, second)

    with pytest.raises(NotFoundError):
        shares.open(token, is_view=False)


def test_what_a_share_is_about_follows_a_merge(shares: Shares, ada: User, house: House) -> None:
    house.bring_in(
        row_of(A, TEN) | named("Tidal", "Harbor"), row_of(B, TEN) | named("Orchard", "Harbour")
    )
    tops = house.insights.answer("top-artists", 1, TopQuestion(kind="all"))
    numbers = {item.name: item.id for item in tops.items}
    wish = ShareWish(SharedView.ARTIST, kind="all", item=str(numbers["Harbor"]))
    token = shares.create(ada, wish)[1]

    house.corrections.merge(1, ItemKind.ARTIST, str(numbers["Harbour"]), [str(numbers["Harbor"])])

    found = shares.open(token, is_view=False)[1]
    assert (found.number, found.share.item) == (numbers["Harbour"], "Harbour")


def test_a_glimpse_looks_nowhere_but_at_its_range(house: House) -> None:
    march = TEN.replace(month=3)
    secret = row_of(f"spotify:track:{'d' * 22}", TEN + timedelta(hours=2)) | named("Hush", "Veil")
    house.bring_in(
        row_of(A, march) | named("Tidal", "Before"),
        row_of(B, TEN) | named("Orchard", "Within"),
        secret | {"incognito_mode": True},
    )
    asked = TopQuestion(kind="all", range="2026-04", private="out")

    told = house.insights.glimpse(1, asked, 5)

    assert [item.name for item in told.artists.items] == ["Within"]
    assert [item.name for item in told.tracks.items] == ["Orchard"]
    assert (told.totals.plays, sum(cell.plays for cell in told.heatmap.items)) == (1, 1)
    assert [unit.starts_on.month for unit in told.months.items] == [4]
    assert {unit.starts_on.month for unit in told.days.items} == {4}
    house.corrections.hide(1, [play_of(house, "Orchard")])
    assert house.insights.glimpse(1, asked, 5).tracks.items == ()


def test_the_card_of_a_share_shows_no_more_than_its_page(
    shares: Shares, ada: User, house: House
) -> None:
    secret = row_of(f"spotify:track:{'d' * 22}", TEN + timedelta(hours=2)) | named("Hush", "Veil")
    house.bring_in(
        row_of(A, TEN.replace(month=3)) | named("Tidal", "Before"),
        row_of(B, TEN) | named("Orchard & <Sons>", "Within"),
        secret | {"incognito_mode": True},
    )
    names = {
        SharedView.OVERVIEW: "Within",
        SharedView.TOP_ARTISTS: "Within",
        SharedView.FIVE_ARTISTS: "Within",
        SharedView.TOP_ALBUMS: "Signals of Within",
        SharedView.FIVE_ALBUMS: "Signals of Within",
        SharedView.TOP_TRACKS: "Orchard & <Sons>",
        SharedView.FIVE_TRACKS: "Orchard & <Sons>",
    }
    for view in SharedView:
        if view.item or view is SharedView.TOP_SHOWS:
            continue
        is_of_year = view.story == "year"
        days = "2026" if is_of_year else "2026-04"
        wish = ShareWish(view, range=days, kind="all", title="Mine", shown_name="Jo")
        card = ET.fromstring(share_card(house.insights, ada, shares.draft(ada, wish)))  # noqa: S314 - our own
        said = " ".join(card.itertext())
        assert "Mine" in said
        assert f"{'2026' if is_of_year else f'April{NBSP}2026'} · Jo" in said
        assert "Veil" not in said
        assert ("Before" in said) is is_of_year
        assert names.get(view, "Mine") in said
        if view not in names and view.story is None:
            assert not re.search("Within|Orchard|Signals", said), view
    house.corrections.hide(1, [play_of(house, "Orchard & <Sons>")])
    emptied = shares.draft(ada, ShareWish(SharedView.OVERVIEW, range="2026-04", kind="all"))
    assert "Nothing was played" in share_card(house.insights, ada, emptied)


@pytest.mark.parametrize("view", [SharedView.YEAR, SharedView.MONTH])
def test_a_story_that_is_shared_tells_nothing_of_what_was_before_it(
    shares: Shares, ada: User, house: House, view: SharedView
) -> None:
    earlier = TEN.replace(year=2025) if view.story == "year" else TEN.replace(month=3)
    house.bring_in(
        row_of(A, earlier) | named("Tidal", "Before"),
        row_of(B, TEN) | named("Orchard", "Within"),
    )
    days = "2026" if view.story == "year" else "2026-04"
    question = (
        YearQuestion(year=2026, kind="all")
        if view.story == "year"
        else MonthQuestion(month="2026-04", kind="all")
    )
    own = house.insights.answer(view.value, 1, question)
    assert own.previous.plays == 1
    assert own.artists[0].is_new

    wish = ShareWish(view, range=days, kind="all")
    shown = shared_story(house.insights, ada, shares.draft(ada, wish).share)

    assert (shown.previous, shown.change, shown.ratio) == (None, None, None)
    assert [(item.name, item.is_new) for item in shown.artists] == [("Within", False)]
    assert shown.totals == own.totals


def play_of(house: House, title: str) -> int:
    plays = house.insights.plays(1, PlaysQuestion(kind="all")).items
    return next(play.id for play in plays if play.track.name == title)


def test_what_is_done_is_written_down_without_a_word_of_it(
    shares: Shares, ada: User, house: House, clock: MovingClock
) -> None:
    wish = replace(OVERVIEW, title="Sad songs", shown_name="Jo", has_private=True)
    token = shares.create(ada, wish)[1]
    shares.change(1, 1, ShareChange(title="Sad songs", shown_name="Bo"))
    shares.change(1, 1, ShareChange(title="Sad songs"))  # it is called that already
    shares.open(token, is_view=True)
    shares.revoke(1, 1)

    entries = Audit(house.database, clock).list()
    assert [(entry.action, entry.subject_id) for entry in entries] == [
        ("share.revoked", 1),
        ("share.changed", 1),
        ("share.made", 1),
    ]
    made = entries[2].details
    assert (made["share"], made["view"], made["has_private"]) == (1, "overview", True)
    assert entries[1].details["changed"] == ["shown_name"]
    told = str([entry.details for entry in entries])
    assert not [word for word in ("Sad", "Jo", "Bo", token) if word in told]
