"""What stands out about the posting: where it came from, what was made of it, what it says.

Put here one function a suspect, in the order of the pipeline.
"""

import re
from collections.abc import Iterator

from jobmatch_dagster.core.enrichment.injection import signs
from jobmatch_dagster.core.matching.salaries import likely_unit
from jobmatch_dagster.core.page import Finding
from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.core.raw.windows import OLDEST_OPEN, hour_name
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.pipeline.explain.facts import Facts
from jobmatch_dagster.pipeline.explain.wording import short

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


def _not_held(facts: Facts) -> Iterator[Finding]:
    if facts.posting is not None:
        return
    for record in facts.quarantined:
        yield Finding(
            f"The posting is in quarantine: field {record.field!r}, {record.reason}.",
            f"It came on page {record.page_id}, position {record.page_position}. After a fix of the normaliser "
            "materialize catalog/jobs with rebuild: true.",
        )
    if not facts.quarantined and facts.mentions:
        seen = ", ".join(f"{page.id} ({page.endpoint})" for page in facts.mentions)
        yield Finding(f"The posting is not held, but page {seen} names it.", "Materialize catalog/jobs: pages wait.")


def _hours_missing(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is not None or not facts.missing_hours:
        return
    first, last = facts.missing_hours[0], facts.missing_hours[-1]
    yield Finding(
        f"The posting is not held, and {len(facts.missing_hours)} hours between {first:%Y-%m-%d %H:%M} and "
        f"{last:%Y-%m-%d %H:%M} UTC were never answered for: it may be of one of them.",
        f"Open the job hourly_collection, Materialize all, type [{hour_name(first)}..."
        f"{hour_name(last)}], launch: one run, one sweep.",
    )


def _record_differs(facts: Facts) -> Iterator[Finding]:
    posting, reread = facts.posting, facts.reread
    if posting is None or reread is None:
        return
    if reread.posting is None:
        yield Finding(f"The record as it came cannot be read again: {reread.problem}.", "Look at the page's body.")
        return
    if reread.posting.external_id != posting.external_id:
        yield Finding(
            f"The page holds {reread.posting.external_id!r} at this position.", "The row was changed by hand."
        )
        return
    for column in differing_columns(facts):
        yield Finding(
            f"{column} is stored as {short(getattr(posting, column))}, the record as it came gives "
            f"{short(getattr(reread.posting, column))}.",
            "Materialize catalog/jobs with rebuild: true; if it stays, the row was changed by hand.",
        )


def _facts_differ(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None or posting.facts_record_hash is None or "skills" in (posting.facts_derived or ()):
        return
    if posting.facts_record_hash == posting.record_hash and posting.fact_skills != posting.ai_key_skills:
        yield Finding(
            f"Of this posting matching looks at other skills than the posting names: {short(posting.fact_skills)}.",
            "Delete its row of job_facts, then materialize matching/semantic_matches.",
        )


def _salary(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None:
        return
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


def _state(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None:
        return
    if posting.closed_at:
        yield Finding(
            f"The posting was closed on {posting.closed_at:%Y-%m-%d} ({posting.closed_reason}).",
            "It is matched no more; a stored match stays for the record.",
        )
    elif posting.date_validthrough and posting.date_validthrough < facts.now:
        yield Finding(
            f"The posting expired on {posting.date_validthrough:%Y-%m-%d} by its own word and is still open.",
            "Run daily_upkeep for yesterday: it closes what expired. Is daily_upkeep_schedule on?",
        )
    elif posting.date_created < facts.now - OLDEST_OPEN:
        yield Finding("The posting is older than six months and still open.", "Run daily_upkeep for yesterday.")


def _addresses_a_machine(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None:
        return
    text = f"{posting.title}\n{posting.description or ''}"
    found = signs(text)
    if found:
        pieces = [piece for piece in _SENTENCE.split(text) if signs(piece)] or [""]
        yield Finding(
            f"The ad holds text that is meant for a machine ({', '.join(found)}): {short(clean_line(pieces[0]))}",
            "No score is made of it: Claude sees such a posting's structured fields alone.",
        )


def _duplicates(facts: Facts) -> Iterator[Finding]:
    matched = [other for other in facts.duplicates if other.match_score is not None]
    if facts.duplicates:
        grouped = "grouped in one cluster" if facts.duplicates[0].same_cluster else "not grouped: their texts differ"
        yield Finding(
            f"The same company advertises the same title {len(facts.duplicates)} times more ({grouped}); "
            f"{len(matched)} of these are among the user's matches.",
            "See the section on duplicates; postings are grouped, never merged.",
        )


def differing_columns(facts: Facts) -> list[str]:
    """Columns of the posting that its record, read again, does not give."""
    if facts.posting is None or facts.reread is None or facts.reread.posting is None:
        return []
    columns = [name for name in POSTING_COLUMNS if name != "modified_fields"]
    return [name for name in columns if getattr(facts.posting, name) != getattr(facts.reread.posting, name)]


LOOKS = (_not_held, _hours_missing, _record_differs, _facts_differ, _salary, _state, _addresses_a_machine, _duplicates)
