"""The sections of the page, in the order of the pipeline."""

from collections.abc import Iterator

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION
from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.explanation_page import UNKNOWN, RunLink, Section
from jobmatch_dagster.core.matching.posting_facts import facts_version
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION
from jobmatch_dagster.core.vocabulary.skill_table import skill_table_version
from jobmatch_dagster.pipeline.explain.match_sections import (
    changes_section,
    score_section,
    skills_section,
    verdict_section,
)
from jobmatch_dagster.pipeline.explain.origin_sections import (
    duplicates_section,
    embedding_section,
    normalised_section,
    origin_section,
    posting_section,
    profile_section,
    signs_section,
)
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.stored_sections import claude_section, history_section, stored_section
from jobmatch_dagster.pipeline.explain.wording import known, parsed, time
from jobmatch_dagster.pipeline.explain.wording import record as json_of


def sections(data: PairData) -> Iterator[Section]:
    """Every section that there is something for."""
    posting, judged = data.posting, data.judged
    yield verdict_section(data)
    if posting is not None:
        yield origin_section(posting)
        yield posting_section(data, posting)
        yield normalised_section(data, posting)
        if data.other_ads:
            yield duplicates_section(data.other_ads)
        if data.signs is not None:
            yield signs_section(data.signs)
        yield embedding_section(data, posting)
    yield profile_section(data)
    if judged is not None:
        yield score_section(data, judged)
        yield skills_section(data.stored, judged.judgement, data.own_facts)
    if posting is not None:
        yield stored_section(data)
        yield claude_section(data)
        yield history_section(data)
    if judged is not None:
        yield changes_section(judged)
    yield _versions(data)
    yield _runs(data)
    if data.reread is not None:
        yield Section("The record as it came (without data of people)", code=json_of(data.reread.record))
    for record in data.quarantined:
        yield Section(
            f"Quarantined record: page {record.page_id}, position {record.page_position}",
            {"field": record.field, "reason": record.reason, "at": time(record.quarantined_at)},
            code=json_of(parsed(record.record)),
        )


def _versions(data: PairData) -> Section:
    posting, profile = data.posting, data.profile
    return Section("Versions", {
        "normaliser": f"page loaded by {posting.normaliser_version if posting else UNKNOWN}, code {NORMALISER_VERSION}",
        "extractor": f"profile read by {known(profile.extractor_version)}, code {EXTRACTOR_VERSION}",
        "current embedding model": data.scoring.settings.model,
        "skill table and word lists": f"{skill_table_version()}, {facts_version()}",
        "scoring": data.scoring.key,
        "prompt": prompt_version(),
        "record hash": posting.ad.record_hash if posting else None,
        "text hash": posting.ad.text_hash if posting else None,
    })  # fmt: skip


def _runs(data: PairData) -> Section:
    posting, profile, stored = data.posting, data.profile, data.stored
    runs = {
        "page fetched": posting and posting.page_run_id,
        "posting loaded": posting and posting.run_id,
        "posting embedded": data.vector and data.vector.run_id,
        "CV read": profile.run_id,
        "profile embedded": profile.vector_run_id,
        "user matched": profile.matched_run_id,
        "match written": stored and stored.run_id,
        "Claude asked": stored and stored.request_run_id,
    }
    facts: dict[str, object] = {name: RunLink(run) for name, run in runs.items() if run}
    if posting is None:
        hours = [hour.strftime("%m-%d %H:%M") for hour in data.missing_hours]
        facts["hours never collected"] = hours[:24] or "none"
    return Section("Runs", facts)
