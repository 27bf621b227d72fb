"""Findings about the posting: where it came from, what was made of it, what it says.

Belongs here: a function for each possible cause, in the order of the pipeline.
"""

import re
from collections.abc import Iterator

from jobmatch_dagster.core.enrichment.injection import signs
from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.core.matching.salaries import likely_unit
from jobmatch_dagster.core.operations.next_steps import launch_partitions
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.raw.windows import OLDEST_OPEN, hour_name
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.db.explain.rows import StoredPosting
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.remedies import close_postings, load_pages, repair_posting
from jobmatch_dagster.pipeline.explain.wording import short

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


def missing_posting_findings(data: PairData) -> Iterator[Finding]:
    """Why the posting is not stored, as far as that is known."""
    for record in data.quarantined:
        yield Finding(
            f"The posting is in quarantine: field {record.field!r}, {record.reason}.",
            f"It came on page {record.page_id}, position {record.page_position}. Fix core/catalog/normalise.py, then "
            f"load all stored pages again. {load_pages(data, rebuild=True)}",
        )
    if not data.quarantined and data.mentions:
        seen = ", ".join(f"{page.id} ({page.endpoint})" for page in data.mentions)
        yield Finding(
            f"The posting is not stored, but these stored pages name it: {seen}.",
            f"Load the pages. {load_pages(data, rebuild=False)}",
        )
    if data.near_ids:
        yield Finding(
            f"The posting is not stored. Ids that differ by a letter: {', '.join(data.near_ids)}.",
            "Check the id, then explain the pair again.",
        )
    if data.missing_hours:
        first, last = data.missing_hours[0], data.missing_hours[-1]
        number = len(data.missing_hours)
        hours = f"{number:,} hours between {first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M} UTC were"
        if number == 1:
            hours = f"1 hour, {first:%Y-%m-%d %H:%M} UTC, was"
        yield Finding(
            f"The posting is not stored, and {hours} never collected; it may belong to one of them.",
            launch_partitions("hourly_collection", [hour_name(hour) for hour in data.missing_hours]),
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
        yield Finding(
            f"The stored record cannot be read again: {reread.problem}.",
            "The last section shows the record as it came. If it is what the vendor sends now, let "
            f"core/catalog/normalise.py read it, then: {repair_posting(posting.ad.external_id)}",
        )
        return
    if reread.posting.external_id != posting.ad.external_id:
        yield Finding(
            f"Page {posting.page_id} has the posting {reread.posting.external_id!r} at this position, so a row was "
            "changed outside the pipeline.",
            f"Load all stored pages again. {load_pages(data, rebuild=True)}",
        )
        return
    for column in differing_columns(posting.ad, reread.posting):
        yield Finding(
            f"{column} is stored as {short(getattr(posting.ad, column))}, but the record gives "
            f"{short(getattr(reread.posting, column))}.",
            f"Read the posting again from its page. {repair_posting(posting.ad.external_id)}",
        )


def _facts_differ(posting: StoredPosting) -> Iterator[Finding]:
    facts = posting.facts
    if facts is None or facts.is_read("skills") or not posting.has_current_facts:
        return
    if facts.skills != posting.ad.ai_key_skills:
        yield Finding(
            f"Matching compares other skills than the posting has: {short(facts.skills)}.",
            f"Read the posting again from its page. {repair_posting(posting.ad.external_id)}",
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
                    f"{prefix}_{name} of {amount:,.0f} {getattr(posting, currency)} a {getattr(posting, unit)} is not "
                    f"a plausible salary; {better} would be the unit.",
                    "Compare it with the record below: the unit comes from the vendor or from the ad.",
                )
                break


def _state(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    ad = posting.ad
    if posting.closed_at:
        yield Finding(
            f"The posting was closed on {posting.closed_at:%Y-%m-%d} ({posting.closed_reason}).",
            "Nothing to do: it is no longer matched, and a stored match stays visible.",
        )
    elif ad.date_validthrough and ad.date_validthrough < data.now:
        yield Finding(
            f"The posting's own end date is {ad.date_validthrough:%Y-%m-%d}, and it is still open.", _close(data)
        )
    elif ad.date_created < data.now - OLDEST_OPEN:
        yield Finding("The posting is older than six months and still open.", _close(data))


def _close(data: PairData) -> str:
    return f"Turn on daily_upkeep_schedule under Automation. To close the posting now: {close_postings(data)}"


def _addresses_a_machine(posting: Posting) -> Iterator[Finding]:
    text = f"{posting.title}\n{posting.description or ''}"
    found = signs(text)
    if found:
        pieces = [piece for piece in _SENTENCE.split(text) if signs(piece)] or [""]
        yield Finding(
            f"The ad contains text that addresses a machine ({', '.join(found)}): {short(clean_line(pieces[0]))}",
            "Nothing to do: Claude gets only the structured fields of such a posting.",
        )


def _duplicates(data: PairData) -> Iterator[Finding]:
    matched = [other for other in data.other_ads if other.match_score is not None]
    if data.other_ads:
        grouped = "in one cluster" if data.other_ads[0].same_cluster else "not in one cluster: their texts differ"
        yield Finding(
            f"Other postings of the same company with the same title: {len(data.other_ads)} ({grouped}). The user has "
            f"a match with {len(matched)} of them.",
            "Nothing to do: postings are grouped, never merged. The section Duplicates lists them.",
        )
