"""The sections of the page, in the order of the pipeline. Put here which there are."""

from collections.abc import Iterator
from typing import Any

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION
from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.matching.posting_facts import facts_version
from jobmatch_dagster.core.page import UNKNOWN, RunLink, Section
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION
from jobmatch_dagster.core.vocabulary.skills import skill_table_version
from jobmatch_dagster.pipeline.explain.facts import Facts
from jobmatch_dagster.pipeline.explain.match_sections import (
    changes_section,
    claude_section,
    score_section,
    skills_section,
    stored_section,
    verdict_section,
)
from jobmatch_dagster.pipeline.explain.origin_sections import (
    duplicates_section,
    embedding_section,
    normalised_section,
    origin_section,
    posting_section,
    profile_section,
)
from jobmatch_dagster.pipeline.explain.wording import known, parsed, time
from jobmatch_dagster.pipeline.explain.wording import record as json_of
from jobmatch_dagster.pipeline.matching.match import scoring_key


def sections(facts: Facts) -> Iterator[Section]:
    """Every section that there is something for."""
    yield verdict_section(facts)
    if facts.posting is not None:
        yield origin_section(facts.posting)
        yield posting_section(facts.posting)
        yield normalised_section(facts, facts.posting)
        if facts.duplicates:
            yield duplicates_section(facts)
        yield embedding_section(facts, facts.posting)
    yield profile_section(facts)
    if facts.pair is not None:
        yield score_section(facts, facts.pair)
        yield skills_section(facts, facts.pair)
    if facts.posting is not None:
        yield stored_section(facts)
        yield claude_section(facts)
    if facts.pair is not None:
        yield changes_section(facts, facts.pair)
    yield _versions(facts)
    yield _runs(facts)
    if facts.reread is not None:
        yield Section("The record as it came (without data of people)", code=json_of(facts.reread.record))
    for record in facts.quarantined:
        yield Section(
            f"Quarantined record: page {record.page_id}, position {record.page_position}",
            {"field": record.field, "reason": record.reason, "at": time(record.quarantined_at)},
            code=json_of(parsed(record.record)),
        )


def _versions(facts: Facts) -> Section:
    posting, user = facts.posting, facts.user
    return Section("Versions", {
        "normaliser": f"page loaded by {posting.normaliser_version if posting else UNKNOWN}, code {NORMALISER_VERSION}",
        "extractor": f"profile read by {known(user.extractor_version)}, code {EXTRACTOR_VERSION}",
        "embedding model in force": facts.settings.model,
        "skill table and word lists": f"{skill_table_version()}, {facts_version()}",
        "scoring": scoring_key(facts.settings, facts.calibration),
        "prompt": prompt_version(),
        "record hash": posting.record_hash if posting else None,
        "text hash": posting.text_hash if posting else None,
    })  # fmt: skip


def _runs(facts: Facts) -> Section:
    posting, user, stored = facts.posting, facts.user, facts.stored
    runs = {
        "page fetched": posting and posting.page_run_id,
        "posting loaded": posting and posting.run_id,
        "posting embedded": facts.vector and facts.vector.run_id,
        "CV read": user.run_id,
        "profile embedded": user.vector_run_id,
        "user matched": user.matched_run_id,
        "match written": stored and stored.run_id,
        "Claude asked": stored and stored.request_run_id,
    }
    told: dict[str, Any] = {name: RunLink(run) for name, run in runs.items() if run}
    if facts.posting is None:
        hours = [hour.strftime("%m-%d %H:%M") for hour in facts.missing_hours]
        told["hours never answered for"] = hours[:24] or "none"
    return Section("Runs", told)
