"""The words of a digest, in the languages that a user may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE


@dataclass(frozen=True)
class DigestWords:
    """How one language says what is around titles and reasons; fields in braces are filled in."""

    score: str
    cv: str
    why: str
    missing: str
    by_model: str
    unknown: str
    one: str
    many: str
    feed: str
    to: str
    units: Mapping[str, str]
    towns: tuple[str, str]
    copies: tuple[str, str]
    thousands: str

    def amount(self, amount: float) -> str:
        """An amount of money, as the language writes it."""
        return f"{amount:,.0f}".replace(",", self.thousands)


BY_MODEL = "written by a language model"
_ENGLISH = DigestWords(
    score="Score {score} of 100. {place}. Pay: {pay}.",
    cv="Fits best: the CV {cv}",
    why="Why{source}: {reason}",
    missing="Missing: {skills}",
    by_model=BY_MODEL,
    unknown="unknown",
    one="1 new match, {day}",
    many="{number} new matches, {day}",
    feed="New matches",
    to=" to ",
    units={},
    towns=("town", "towns"),
    copies=("copy", "copies"),
    thousands=",",
)
_GERMAN = DigestWords(
    score="Bewertung: {score} von 100. {place}. Gehalt: {pay}.",
    cv="Am besten passt der Lebenslauf {cv}",
    why="Warum{source}: {reason}",
    missing="Es fehlt: {skills}",
    by_model="von einem Sprachmodell geschrieben",
    unknown="unbekannt",
    one="1 neuer Treffer, {day}",
    many="{number} neue Treffer, {day}",
    feed="Neue Treffer",
    to=" bis ",
    units={
        "hour": "pro Stunde", "day": "pro Tag", "week": "pro Woche", "month": "pro Monat", "year": "pro Jahr",
    },
    towns=("Ort", "Orte"),
    copies=("Kopie", "Kopien"),
    thousands=".",
)  # fmt: skip
DIGEST_WORDS: Mapping[str, DigestWords] = {DEFAULT_LANGUAGE: _ENGLISH, "de": _GERMAN}
"""By code of the language."""
