"""Findings about the posting: where it came from, what was made of it, what it says.

Belongs here: one function for each suspect, in the order of the pipeline.
"""

import re
from collections.abc import Iterator

from jobmatch_dagster.core.enrichment.injection import signs
from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.core.matching.salaries import likely_unit
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.raw.windows import OLDEST_OPEN, hour_name
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.db.explain.rows import StoredPosting
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.wording import short

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


def missing_posting_findings(data: PairData) -> Iterator[Finding]:
    """Why the posting is not stored, as far as that is known."""
    for record in data.quarantined:
        yield Finding(
            f"The posting is in quarantine: field {record.field!r}, {record.reason}.",
            f"It came on page {record.page_id}, position {record.page_position}. After a fix of the normaliser "
            "materialize catalog/jobs with rebuild: true.",
        )
    if not data.quarantined and data.mentions:
        seen = ", ".join(f"{page.id} ({page.endpoint})" for page in data.mentions)
        yield Finding(f"The posting is not stored, but page {seen} names it.", "Materialize catalog/jobs: pages wait.")
    if data.missing_hours:
        first, last = data.missing_hours[0], data.missing_hours[-1]
        yield Finding(
            f"The posting is not stored, and {len(data.missing_hours)} hours between {first:%Y-%m-%d %H:%M} and "
            f"{last:%Y-%m-%d %H:%M} UTC were never answered for: it may be of one of them.",
            f"Open the job hourly_collection, Materialize all, type [{hour_name(first)}..."
            f"{hour_name(last)}], launch: one run, one sweep.",
        )


def posting_findings(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    """Findings about a posting that is stored."""
    yield from _record_differs(data, posting)
    yield from _facts_differ(posting)
    yield from _salary(posting.ad)
    yield from _state(data, posting)
    yield from _addresses_a_machine(posting.ad)
    yield from _duplicates(data)


def differing_columns(posting: Posting, reread: Posting) -> list[str]:
    """Columns of the posting that its record, read again, does not give."""
    columns = [name for name in POSTING_COLUMNS if name != "modified_fields"]
    return [name for name in columns if getattr(posting, name) != getattr(reread, name)]


def _record_differs(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    reread = data.reread
    if reread is None:
        return
    if reread.posting is None:
        yield Finding(f"The record as it came cannot be read again: {reread.problem}.", "Look at the page's body.")
        return
    if reread.posting.external_id != posting.ad.external_id:
        yield Finding(f"The page has {reread.posting.external_id!r} at this position.", "The row was changed by hand.")
        return
    for column in differing_columns(posting.ad, reread.posting):
        yield Finding(
            f"{column} is stored as {short(getattr(posting.ad, column))}, the record as it came gives "
            f"{short(getattr(reread.posting, column))}.",
            "Materialize catalog/jobs with rebuild: true; if it stays, the row was changed by hand.",
        )


def _facts_differ(posting: StoredPosting) -> Iterator[Finding]:
    facts = posting.facts
    if facts is None or facts.skills_are_derived or not posting.has_current_facts:
        return
    if facts.skills != posting.ad.ai_key_skills:
        yield Finding(
            f"Of this posting matching looks at other skills than the posting names: {short(facts.skills)}.",
            "Delete its row of job_facts, then materialize matching/semantic_matches.",
        )


def _salary(posting: Posting) -> Iterator[Finding]:
    for prefix, unit, currency, names in (
        ("ai_salary", "ai_salary_unittext", "ai_salary_currency", ("minvalue", "maxvalue", "value")),
        ("salary", "salary_unit", "salary_currency", ("min", "max")),
    ):
        for name in names:
            amount = getattr(posting, f"{prefix}_{name}")
            better = likely_unit(amount, getattr(posting, unit), getattr(posting, currency))
            if better:
                yield Finding(
                    f"{prefix}_{name} of {amount:,.0f} {getattr(posting, currency)} a {getattr(posting, unit)} is "
                    f"no salary; the unit that fits is {better}.",
                    "Compare with the record as it came below: the unit is the vendor's or the ad's own.",
                )
                break


def _state(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    ad = posting.ad
    if posting.closed_at:
        yield Finding(
            f"The posting was closed on {posting.closed_at:%Y-%m-%d} ({posting.closed_reason}).",
            "It is matched no more; a stored match stays for the record.",
        )
    elif ad.date_validthrough and ad.date_validthrough < data.now:
        yield Finding(
            f"The posting expired on {ad.date_validthrough:%Y-%m-%d} by its own word and is still open.",
            "Run daily_upkeep for yesterday: it closes what expired. Is daily_upkeep_schedule on?",
        )
    elif ad.date_created < data.now - OLDEST_OPEN:
        yield Finding("The posting is older than six months and still open.", "Run daily_upkeep for yesterday.")


def _addresses_a_machine(posting: Posting) -> Iterator[Finding]:
    text = f"{posting.title}\n{posting.description or ''}"
    found = signs(text)
    if found:
        pieces = [piece for piece in _SENTENCE.split(text) if signs(piece)] or [""]
        yield Finding(
            f"The ad holds text that is meant for a machine ({', '.join(found)}): {short(clean_line(pieces[0]))}",
            "No score is made of it: Claude sees such a posting's structured fields alone.",
        )


def _duplicates(data: PairData) -> Iterator[Finding]:
    matched = [other for other in data.other_ads if other.match_score is not None]
    if data.other_ads:
        grouped = "grouped in one cluster" if data.other_ads[0].same_cluster else "not grouped: their texts differ"
        yield Finding(
            f"The same company advertises the same title {len(data.other_ads)} times more ({grouped}); "
            f"{len(matched)} of these are among the user's matches.",
            "See the section on duplicates; postings are grouped, never merged.",
        )
