"""A digest in the user's language; an English one is what it was."""

from datetime import UTC, datetime

from jobmatch_dagster.core.notifications.digest import Digest, Line, as_feed, as_html, content_hash, pay_text

_ENGLISH = Line(
    "x1", "Nurse", "Klinik", "Berlin", "https://a.example/1", 81, "Shows 2 of 3.", False, ("Python",),
    "50,000 EUR per year",
)  # fmt: skip
_AD = {
    "salary_min": 50_000, "salary_max": 60_000, "salary_unit": "YEAR", "salary_currency": "EUR",
    "ai_salary_minvalue": None, "ai_salary_value": None, "ai_salary_maxvalue": None, "ai_salary_unittext": None,
    "ai_salary_currency": None,
}  # fmt: skip
_GERMAN = Line(
    "x1", "Nurse", None, "Berlin +2 Orte", None, 81, "Sie bringen Python mit.", True, ("SQL",), pay_text(_AD, "de"),
    "Pflege", "de",
)  # fmt: skip


def _digest(*lines: Line) -> Digest:
    return Digest("2026-11-19", datetime(2026, 11, 20, 4, tzinfo=UTC), "k", lines)


def test_an_english_digest_has_the_hash_that_it_had() -> None:
    """Recorded before there was another language: another hash is another delivery."""
    recorded = "12729b6fdbd5cc62eef3cce57550b1474cfd90ac86243fbaf6c3938db30da5cb"
    assert content_hash(7, "2026-01-02", [_ENGLISH]) == recorded
    assert "language" not in _ENGLISH.stored
    assert Line(**_GERMAN.stored) == _GERMAN


def test_a_digest_is_german_throughout() -> None:
    assert _GERMAN.facts == [
        "Bewertung: 81 von 100. Berlin +2 Orte. Gehalt: 50.000 bis 60.000 EUR pro Jahr.",
        "Am besten passt der Lebenslauf Pflege",
        "Warum (von einem Sprachmodell geschrieben): Sie bringen Python mit.",
        "Es fehlt: SQL",
    ]
    assert _digest(_GERMAN).title == "1 neuer Treffer, 2026-11-19"
    assert _digest(_GERMAN, _GERMAN).title == "2 neue Treffer, 2026-11-19"
    assert '<html lang="de">' in as_html(_digest(_GERMAN))
    assert '"Neue Treffer"' in as_feed([_digest(_GERMAN)])


def test_a_digest_is_english_where_nothing_is_asked_for() -> None:
    assert pay_text(_AD) == "50,000 to 60,000 EUR per year"
    assert _digest(_ENGLISH).title == "1 new match, 2026-11-19"
    assert '<html lang="en">' in as_html(_digest(_ENGLISH))
    assert _ENGLISH.facts[0] == "Score 81 of 100. Berlin. Pay: 50,000 EUR per year."
