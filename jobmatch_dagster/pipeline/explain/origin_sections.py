"""Sections on the posting and the profile: where they came from and what was made of them.

What of a CV is shown are facts that were read from it (skills, levels, dates), never its text.
"""

from collections.abc import Mapping, Sequence

from jobmatch_dagster.core.catalog.signs import KINDS, Signs
from jobmatch_dagster.core.explanation_page import UNKNOWN, RunLink, Section, Table
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.profiles.own_facts import STATED, OwnFacts
from jobmatch_dagster.core.raw.fields import FIELDS
from jobmatch_dagster.core.text import counted
from jobmatch_dagster.db.explain.rows import OtherAd, StoredPosting
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.wording import as_compared, cut, known, salary, time

_TEXT_CHARACTERS = 600


def origin_section(posting: StoredPosting) -> Section:
    """Page, feed, sightings, state."""
    ad = posting.ad
    times = counted(posting.sightings or 0, "time")
    return Section("Where the posting came from", {
        "page": f"{posting.page_id}, position {posting.page_position}, offset {posting.page_offset}",
        "feed": f"{posting.generation} {posting.endpoint}, fetched {time(posting.fetched_at)}",
        "page's SHA-256": posting.page_sha256,
        "indexed by the vendor": time(ad.date_created),
        "seen": f"{times}, first {time(posting.first_seen_at)}, last {time(posting.last_seen_at)}",
        "source": f"{ad.source or UNKNOWN} ({ad.source_type or UNKNOWN}), {ad.url}",
        "state": f"closed {time(posting.closed_at)} ({posting.closed_reason})" if posting.closed_at else "open",
        "valid through": time(ad.date_validthrough),
        "changed at the last change": ad.modified_fields or "nothing yet",
        "fetched by run": RunLink(posting.page_run_id),
        "loaded by run": RunLink(posting.run_id),
    })  # fmt: skip


def posting_section(data: PairData, posting: StoredPosting) -> Section:
    """The columns that matching uses, and salaries."""
    ad = posting.ad
    return Section("The posting as it is used", {
        "title": ad.title,
        "company": ad.company,
        "location": ad.location,
        "experience asked for": ad.ai_experience_level,
        "work arrangement": ad.ai_work_arrangement,
        "industries": ad.ai_taxonomies_a,
        "skills": ad.ai_key_skills,
        "education": ad.ai_education_requirements,
        "language": ad.ai_job_language,
        "visa sponsorship": ad.ai_visa_sponsorship,
        **_compared_facts(data, posting),
        "salary found in the text": salary(ad, "ai_salary", "minvalue", "maxvalue", "unittext"),
        "salary stated": salary(ad, "salary", "min", "max", "unit"),
    })  # fmt: skip


def normalised_section(data: PairData, posting: StoredPosting) -> Section:
    """Fields that are not stored as they came."""
    record = data.reread.record if data.reread else None
    rows = []
    for name, field in FIELDS.items():
        came = record.get(name, record.get(field.g2_name or name)) if isinstance(record, Mapping) else None
        kept = getattr(posting.ad, field.column)
        if came not in (None, "", [], {}) and as_compared(came) != as_compared(kept):
            rows.append((field.column, cut(came), cut(kept)))
    unusable = (posting.ad.extra or {}).get("_unusable", {})
    tables = [
        Table(("field", "as it came", "as it is stored"), rows),
        Table(("field", "value", "why it is not used"), [(k, v["value"], v["reason"]) for k, v in unusable.items()]),
    ]
    return Section(
        "What normalisation changed",
        {"fields changed": len(rows), "values that could not be used": len(unusable)},
        [table for table in tables if table.rows],
    )  # fmt: skip


def duplicates_section(other_ads: Sequence[OtherAd]) -> Section:
    """Other postings of the same company and title."""
    columns = ("posting", "title", "location", "indexed", "closed", "same cluster", "same text", "user's score")
    rows = [
        (o.external_id, o.title, o.location, time(o.date_created), time(o.closed_at) if o.closed_at else "no",
         o.same_cluster, o.same_text, o.match_score)
        for o in other_ads
    ]  # fmt: skip
    return Section("Duplicates: the same company and title", {"others": len(rows)}, [Table(columns, rows)])


def signs_section(signs: Signs) -> Section:
    """What the catalog knows about the posting beside its text."""
    found = {kind.replace("_", " "): getattr(signs, kind) for kind in KINDS}
    facts: dict[str, object] = {kind: "no" if sentence == "" else known(sentence) for kind, sentence in found.items()}
    return Section("Signs about the posting, none of them in the score", facts)


def embedding_section(data: PairData, posting: StoredPosting) -> Section:
    """Text, vectors, cosine and calibration."""
    vector, similar = data.vector, data.similarities
    text = posting_text_to_embed(posting.ad)
    shown = text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}… ({len(text):,} characters)"
    facts: dict[str, object] = {"text that is embedded": shown, "model": data.scoring.settings.model}
    if vector is None:
        facts["vector"] = "none of this model"
    else:
        facts["vector"] = f"{vector.dimension} numbers, length {vector.norm:.4f}, made {time(vector.embedded_at)}"
        is_current = vector.text_hash == posting.ad.text_hash
        facts["made from the current text"] = "yes" if is_current else "no: it is stale"
        facts["made by run"] = RunLink(vector.run_id)
    if similar.posting_drift is not None:
        facts["posting embedded again: cosine with its vector"] = f"{similar.posting_drift:.4f}"
        facts["profile embedded again: cosine with its vector"] = f"{similar.profile_drift or 0:.4f}"
    facts["cosine of the stored vectors"] = None if similar.stored is None else f"{similar.stored:.4f}"
    current = data.scoring.calibration
    knots = " ".join(f"{cosine:.2f}→{score:g}" for cosine, score in current.calibration.knots)
    facts["current calibration"] = f"{current.id}: {knots}"
    rows = [
        (row.id, time(row.created_at), row.provenance.get("source"), row.provenance.get("pairs"),
         row.provenance.get("profiles"))
        for row in data.calibrations
    ]  # fmt: skip
    return Section("Similarity", facts, [Table(("calibration", "made", "source", "pairs", "profiles"), rows)])


def profile_section(data: PairData) -> Section:
    """What was read from the CV, stored and read again."""
    profile, again = data.profile, data.reread_profile
    if profile.profile_id is None:
        facts = {"profile": "none", "newest CV": profile.newest_status, "reason": profile.newest_reason}
        return Section("Profile", facts)
    stated = profile.stated or ()
    rows = [
        (name, cut(getattr(profile, name)), STATED if name in stated else "the CV",
         cut(getattr(again, name)) if again else UNKNOWN)
        for name in ("experience_years", "experience_level", "seniority", "skills", "industries", "education",
                     "languages", "work_arrangements", "locations")
    ]  # fmt: skip
    return Section(
        "Profile",
        {
            "version": f"{profile.version}, read {time(profile.created_at)} from document {profile.document_id}",
            **({"CV": f"{profile.label}, one of {', '.join(data.cv_labels)}"} if len(data.cv_labels) > 1 else {}),
            "experience was read from": (profile.evidence or {}).get("experience_years") or "nothing",
            **_own_facts(data.own_facts),
            "read by run": RunLink(profile.run_id),
        },
        [Table(("field", "stored", "from", "the CV read again now"), rows)],
    )


def _own_facts(facts: OwnFacts) -> dict[str, object]:
    """What the user says, in the user's words."""
    return {f"{STATED}: {name.replace('_', ' ')}": value for name, value in facts.as_row().items() if value is not None}


def _compared_facts(data: PairData, posting: StoredPosting) -> dict[str, str]:
    """What matching compares of the posting: as judged now, else as stored last."""
    facts = data.judged.facts.posting if data.judged else posting.facts
    if facts is None:
        return {"facts that matching uses": "none yet: the posting was never matched"}
    shown = {
        "skills": facts.skills,
        "experience": facts.experience_level,
        "industries": facts.industries,
        "arrangement": facts.work_arrangement,
    }
    note = ""
    if data.judged and data.judged.has_unstored_facts:
        note = " (derived for this page, not stored yet)"
    elif not data.judged and not posting.has_current_facts:
        note = " (of an older version of the posting)"
    return {
        "facts that matching uses": "; ".join(f"{name}: {cut(value)}" for name, value in shown.items()) + note,
        "of these derived from the ad's text": ", ".join(facts.derived or ()) or "none: all are the vendor's",
    }
