"""Invented names: artists, albums and titles that look real and belong to nobody."""

# ruff: noqa: PLR2004, SIM905 - shares of name patterns; word lists read better as text

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

_FIRST: Final = (
    "Marlene Ilse Tobias Ruven Ines Liv Caspar Odile Jonah Freya Mateus Noor Björn Anneke Rafael "
    "Sunniva Élodie Teodor Yara Hanno Mirela Søren Zofia Lorcan Amaru Petra Kasimir Benedetta Iker "
    "Núria Leopold Saoirse Dmitri Wanda Xenia Ottilie Emre Jördis Farah Vincent"
).split()
_LAST: Final = (
    "Ostrander Vellacott Brandmüller Tereshk Halvorsund Quintavale Okonjo-Reyes Lindqvester "
    "Marchetty Pfefferle Dunnhollow Sarkovic Aldecoa Wintergreen Kowalik Nakagomi Estrelinha "
    "Fjeldgård Rosenquell Barrowdale Czernik Hollanby Imbergamo Jäckelhoff Lowenthorpe Mirandez "
    "Nightingham Oyelarrin Prudholm Rautavesi Schönleben Thistlewood Ulmenstein Verhoefen Yildizoğlu"
).split()
_ADJECTIVES: Final = (
    "Glass Paper Silver Northern Hollow Golden Quiet Electric Velvet Distant Crooked Painted Saltwater "
    "Winter Hidden Burning Wandering Pale Scarlet Endless Midnight Broken Gentle Wild Borrowed Lunar "
    "Copper Drifting Sleeping Woven Ivory Second Restless Amber Faded Weightless Tidal Secret Blue"
).split()
_NOUNS: Final = (
    "Harbour Lantern Orchard Motel Cathedral Meadow Radio Satellite Garden Machine Parade Foxes "
    "Lighthouse Avenue Telescope Summer Kingdom Mirror River Atlas Carousel Balcony Horses Weather "
    "Postcard Engine Island Theatre Sparrow Compass Avalanche Museum Ballroom Tramway Halo Arcade "
    "Signal Winters Monument Shoreline"
).split()
_VERBS: Final = "Hold Follow Forget Carry Teach Leave Find Promise Call Wake Remember Trust".split()
_PLACES: Final = (
    "Lisbon Tromsø Kraków Valparaíso Hamburg Galway Kyoto Tangier Reykjavík Trieste Porto Leipzig "
    "Oaxaca Bergen Marseille Zürich"
).split()
_PORTUGUESE: Final = (
    "Noite Branca|Maré Vazia|Rua Direita|Coração Elétrico|Jardim Suspenso|Última Estação|"
    "Céu de Areia|Pássaro Lento"
).split("|")
_GERMAN: Final = (
    "Blaue Stühle|Nachtbus Süd|Grüße aus Übermorgen|Kaltes Gewässer|Die Fähre|Schöne Ödnis|"
    "Müde Türme|Straßenköter"
).split("|")
_JAPANESE: Final = (
    ("青い", "夜の", "遠い", "静かな", "透明な", "消えた"),
    (
        "灯台",
        "花火",
        "電車",
        "雨",
        "図書館",
        "海岸",
        "手紙",
    ),
)
_THAI: Final = ("แสง", "สายลม", "ดอกไม้", "ทะเล"), ("กลางคืน", "สีฟ้า", "ที่หายไป", "ของเรา")
_ARABIC: Final = ("قمر", "ليل", "صدى", "نهر"), ("الصحراء", "المدينة", "البعيد", "الأزرق")
_SUFFIXES: Final = (
    " - Remastered 2011",
    " (feat. {artist})",
    " - Live at the {noun} Theatre",
    " - Acoustic",
    " (Interlude)",
    " - Radio Edit",
    ", Pt. II",
    " (Deluxe)",
)

TWINS: Final = "Glass Harbour"
"""The name that two different artists share."""


class Namer:
    """Draws invented names from one random stream."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def _one(self, words: tuple[str, ...] | list[str]) -> str:
        return words[int(self._rng.integers(len(words)))]

    def _pairs(self, words: tuple[tuple[str, ...], tuple[str, ...]], glue: str = "") -> str:
        return self._one(words[0]) + glue + self._one(words[1])

    def artist(self) -> str:
        """A performer's or band's name."""
        makers: tuple[tuple[float, Callable[[], str]], ...] = (
            (0.42, lambda: f"{self._one(_FIRST)} {self._one(_LAST)}"),
            (0.72, lambda: f"{self._one(_ADJECTIVES)} {self._one(_NOUNS)}"),
            (
                0.80,
                lambda: f"{self._one(_NOUNS)} & the {self._one(_ADJECTIVES)} {self._one(_NOUNS)}",
            ),
            (0.86, lambda: f"The {self._one(_PLACES)} {self._one(_NOUNS)} Ensemble"),
            (0.89, lambda: self._one(_PORTUGUESE)),
            (0.92, lambda: self._one(_GERMAN)),
            (0.95, lambda: self._pairs(_JAPANESE)),
            (0.97, lambda: self._pairs(_THAI)),
            (0.985, lambda: self._pairs(_ARABIC, " ")),
            (1.01, lambda: f"{self._one(_FIRST).upper()}.{int(self._rng.integers(10, 99))}"),
        )
        draw = float(self._rng.random())
        return next(make for bound, make in makers if draw < bound)()

    def title(self, script: str = "latin") -> str:
        """A track's title; `script` is latin, japanese, thai or arabic."""
        if script == "japanese":
            return self._pairs(_JAPANESE)
        if script == "thai":
            return self._pairs(_THAI)
        if script == "arabic":
            return self._pairs(_ARABIC, " ")
        draw = float(self._rng.random())
        if draw < 0.35:
            text = f"{self._one(_ADJECTIVES)} {self._one(_NOUNS)}"
        elif draw < 0.55:
            text = f"{self._one(_VERBS)} the {self._one(_NOUNS)}"
        elif draw < 0.70:
            text = f"{self._one(_NOUNS)} in {self._one(_PLACES)}"
        elif draw < 0.82:
            text = f"{self._one(_VERBS)} Me, {self._one(_FIRST)}"
        elif draw < 0.97:
            text = f"{self._one(_NOUNS)} / {self._one(_NOUNS)}"
        else:
            text = self._one(_PORTUGUESE + _GERMAN)
        if self._rng.random() < 0.12:
            suffix = self._one(_SUFFIXES)
            text += suffix.format(artist=self.artist(), noun=self._one(_NOUNS))
        return text

    def long_title(self) -> str:
        """A title of 150 to some 260 characters, as classical recordings have them."""
        text = (
            f"Sinfonia concertante No. {int(self._rng.integers(1, 40))} in E-flat major, Op. "
            f"{int(self._rng.integers(1, 140))} “{self._one(_ADJECTIVES)} {self._one(_NOUNS)}”: "
            "III. Allegro ma non troppo, un poco maestoso - Più tranquillo - Tempo primo"
        )
        while len(text) < 160:
            text += f" (Live from {self._one(_PLACES)})"
        return text

    def album(self) -> str:
        """An album's name."""
        draw = float(self._rng.random())
        if draw < 0.6:
            return self.title()
        if draw < 0.8:
            return f"{self._one(_NOUNS)}s of {self._one(_PLACES)}"
        return f"The {self._one(_ADJECTIVES)} Sessions"

    def show(self) -> str:
        """A podcast's name."""
        return f"The {self._one(_ADJECTIVES)} {self._one(_NOUNS)} Podcast"

    def book(self) -> str:
        """An audiobook's title."""
        return f"The {self._one(_NOUNS)} of {self._one(_FIRST)} {self._one(_LAST)}"

    def person(self) -> str:
        """An author's name."""
        return f"{self._one(_FIRST)} {self._one(_LAST)}"
