"""Sections on the posting and the profile: where they came from and what was made of them.

What of a CV is shown are facts that were read from it (skills, levels, dates), never its text.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from jobmatch_dagster.core.page import UNKNOWN, RunLink, Section, Table
from jobmatch_dagster.core.raw.fields import FIELDS
from jobmatch_dagster.pipeline.explain.facts import Facts, present_text
from jobmatch_dagster.pipeline.explain.wording import cut, level, salary, time

_TEXT_CHARACTERS = 600


def origin_section(posting: Row[Any]) -> Section:
    """Page, feed, sightings, state."""
    return Section("Where the posting came from", {
        "page": f"{posting.page_id}, position {posting.page_position}, offset {posting.page_offset}",
        "feed": f"{posting.generation} {posting.endpoint}, fetched {time(posting.fetched_at)}",
        "page's SHA-256": posting.page_sha256,
        "indexed by the vendor": time(posting.date_created),
        "seen": f"{posting.sightings} times, first {time(posting.first_seen_at)}, last {time(posting.last_seen_at)}",
        "source": f"{posting.source or UNKNOWN} ({posting.source_type or UNKNOWN}), {posting.url}",
        "state": f"closed {time(posting.closed_at)} ({posting.closed_reason})" if posting.closed_at else "open",
        "valid through": time(posting.date_validthrough),
        "changed at the last change": posting.modified_fields or "nothing yet",
        "fetched by run": RunLink(posting.page_run_id),
        "loaded by run": RunLink(posting.run_id),
    })  # fmt: skip


def posting_section(posting: Row[Any]) -> Section:
    """The columns that matching uses, and salaries."""
    return Section("The posting as it is used", {
        "title": posting.title,
        "company": posting.company,
        "location": posting.location,
        "experience asked for": posting.ai_experience_level,
        "work arrangement": posting.ai_work_arrangement,
        "industries": posting.ai_taxonomies_a,
        "skills": posting.ai_key_skills,
        "education": posting.ai_education_requirements,
        "language": posting.ai_job_language,
        "visa sponsorship": posting.ai_visa_sponsorship,
        "facts that matching uses": _facts(posting),
        "of these read from the ad itself": posting.facts_derived or "none: all are the vendor's",
        "salary found in the text": salary(posting, "ai_salary", "minvalue", "maxvalue", "unittext"),
        "salary stated": salary(posting, "salary", "min", "max", "unit"),
    })  # fmt: skip


def normalised_section(facts: Facts, posting: Row[Any]) -> Section:
    """Fields that are not kept as they came."""
    record = facts.reread.record if facts.reread else None
    rows = []
    for name, field in FIELDS.items():
        came = record.get(name, record.get(field.g2_name)) if isinstance(record, Mapping) else None
        kept = getattr(posting, field.column)
        if came not in (None, "", [], {}) and level(came) != level(kept):
            rows.append((field.column, cut(came), cut(kept)))
    unusable = (posting.extra or {}).get("_unusable", {})
    tables = [
        Table(("field", "as it came", "as it is kept"), rows),
        Table(("field", "value", "why it is not used"), [(k, v["value"], v["reason"]) for k, v in unusable.items()]),
    ]
    return Section(
        "What normalisation changed",
        {"fields changed": len(rows), "values that could not be used": len(unusable)},
        [table for table in tables if table.rows],
    )  # fmt: skip


def duplicates_section(facts: Facts) -> Section:
    """Other postings of the same company and title."""
    columns = ("posting", "title", "location", "indexed", "closed", "same cluster", "same text", "user's score")
    rows = [
        (o.external_id, o.title, o.location, time(o.date_created), time(o.closed_at) if o.closed_at else "no",
         o.same_cluster, o.same_text, o.match_score)
        for o in facts.duplicates
    ]  # fmt: skip
    return Section("Duplicates: the same company and title", {"others": len(rows)}, [Table(columns, rows)])


def embedding_section(facts: Facts, posting: Row[Any]) -> Section:
    """Text, vectors, cosine and calibration."""
    vector, similar = facts.vector, facts.similarities
    text = present_text(posting)
    shown = text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}… ({len(text):,} characters)"
    told: dict[str, Any] = {"text that stands for the posting": shown, "model": facts.settings.model}
    if vector is None:
        told["vector"] = "none of this model"
    else:
        told["vector"] = f"{vector.dimension} numbers, length {vector.norm:.4f}, made {time(vector.embedded_at)}"
        told["made from the present text"] = "yes" if vector.text_hash == posting.text_hash else "no: it is stale"
        told["made by run"] = RunLink(vector.run_id)
    if similar.posting_drift is not None:
        told["posting embedded again: cosine with its vector"] = f"{similar.posting_drift:.4f}"
        told["profile embedded again: cosine with its vector"] = f"{similar.profile_drift or 0:.4f}"
    told["cosine of the stored vectors"] = None if similar.stored is None else f"{similar.stored:.4f}"
    knots = " ".join(f"{cosine:.2f}→{score:g}" for cosine, score in facts.calibration.calibration.knots)
    told["calibration in force"] = f"{facts.calibration.id}: {knots}"
    rows = [
        (row.id, time(row.created_at), row.provenance.get("source"), row.provenance.get("pairs"),
         row.provenance.get("profiles"))
        for row in facts.calibrations
    ]  # fmt: skip
    return Section("Similarity", told, [Table(("calibration", "put in force", "source", "pairs", "profiles"), rows)])


def profile_section(facts: Facts) -> Section:
    """What was read from the CV, stored and read again."""
    user, again = facts.user, facts.reread_profile
    if user.profile_id is None:
        return Section("Profile", {"profile": "none", "newest CV": user.newest_status, "reason": user.newest_reason})
    dates = (user.evidence or {}).get("experience_years") or []
    rows = [
        (name, cut(getattr(user, name)), cut(getattr(again, name)) if again else UNKNOWN)
        for name in ("experience_years", "experience_level", "seniority", "skills", "industries", "education",
                     "languages", "work_arrangements", "locations")
    ]  # fmt: skip
    return Section(
        "Profile",
        {
            "version": f"{user.version}, read {time(user.created_at)} from document {user.document_id}",
            "experience was read from": dates or "nothing",
            "read by run": RunLink(user.run_id),
        },
        [Table(("field", "stored", "the CV read again now"), rows)],
    )


def _facts(posting: Row[Any]) -> str:
    """What matching looks at, as it was read last; facts that the vendor did not give are read from the ad."""
    if posting.facts_record_hash is None:
        return "none yet: the posting was not matched"
    told = {
        "skills": posting.fact_skills,
        "experience": posting.fact_experience_level,
        "industries": posting.fact_industries,
        "arrangement": posting.fact_work_arrangement,
    }
    stale = "" if posting.facts_record_hash == posting.record_hash else " (of an older version of the posting)"
    return "; ".join(f"{name}: {cut(value)}" for name, value in told.items()) + stale
