"""Sections on what is stored of the match: its row, what Claude was asked and answered, and its history."""

import json

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.explanation_page import RunLink, Section, Table
from jobmatch_dagster.db.explain.rows import MatchEvent
from jobmatch_dagster.pipeline.explain.match_sections import claude_state, why_no_match
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.wording import answer, known, time
from jobmatch_dagster.pipeline.matching.match_list import reason_with_source


def stored_section(data: PairData) -> Section:
    """The row of user_job_matches."""
    stored = data.stored
    if stored is None:
        return Section("Stored match", {"row": f"none: {why_no_match(data)}"})
    return Section("Stored match", {
        "score": f"{stored.match_score}, place {stored.place} of {stored.kept}",
        "reasoning": reason_with_source(stored.match_reasoning, stored.claude_score, data.language),
        "matching skills": stored.matching_skills,
        "missing skills": stored.missing_skills,
        "profile version": f"{stored.profile_version} (newest: {data.profile.version})",
        **({"CV": stored.cv_label} if len(data.cv_labels) > 1 else {}),
        "scoring": stored.scoring_key,
        "scoring now": data.scoring.key,
        "user's decision": f"{stored.status}, {time(stored.decided_at)}" if stored.decided_at else stored.status,
        "first kept": time(stored.created_at),
        "last changed": time(stored.updated_at),
        "written by run": RunLink(stored.run_id),
    })  # fmt: skip


def claude_section(data: PairData) -> Section:
    """What was asked, what it cost and what came back."""
    stored = data.stored
    if stored is None:
        return Section("Claude", {"status": "not asked"})
    if stored.claude_request_hash is None:
        return Section("Claude", {"status": claude_state(data, stored)})
    return Section(
        "Claude",
        {
            "status": stored.claude_status,
            "score": stored.claude_score,
            "Claude's own score": f"{known(stored.claude_raw_score)}, band {known(stored.claude_band_low)} to "
                                  f"{known(stored.claude_band_high)}, outside by {known(stored.claude_deviation)}",
            "reason": stored.claude_reason,
            "reasons are generic": stored.claude_is_generic,
            "quotes not found in the facts": stored.claude_items_dropped,
            "signs in the ad": stored.posting_signs or "none",
            "request": stored.claude_request_hash,
            "model": f"{stored.claude_model} (ledger: {stored.request_model})",
            "prompt version": f"{stored.prompt_version} (ledger: {stored.request_prompt_version}, "
                              f"code: {prompt_version()})",
            "asked": f"{stored.request_state}, {stored.attempts} call(s)"
                     + (f", batch {stored.batch_id}" if stored.batch_id else ""),
            "cost": None if stored.cost_usd is None else f"{stored.cost_usd} USD",
            "tokens": json.dumps(stored.usage) if stored.usage else None,
            "alignments": json.dumps(stored.key_alignments, ensure_ascii=False) if stored.key_alignments else None,
            "gaps": json.dumps(stored.potential_gaps, ensure_ascii=False) if stored.potential_gaps else None,
            "asked by run": RunLink(stored.request_run_id),
        },
        code=answer(stored.answer),
    )  # fmt: skip


_EVENTS = {
    "entered": "entered the list",
    "band_changed": "changed its band",
    "left": "left the list",
    "explained": "explained by Claude",
    "decided": "decided by the user",
}
_HISTORY_COLUMNS = ("time", "what happened", "score", "priority", "profile version", "scoring", "run")


def history_section(data: PairData) -> Section:
    """What happened to the match, the newest first."""
    if not data.history:
        return Section("History", {"events": "none, or older than housekeeping keeps them"})
    return Section("History", tables=[Table(_HISTORY_COLUMNS, [_history_row(event) for event in data.history])])


def _history_row(event: MatchEvent) -> tuple[object, ...]:
    happened = _EVENTS[event.event] + (f": {event.detail}" if event.detail else "")
    made_with = (known(event.score), known(event.band), known(event.profile_version), known(event.scoring_key))
    return (time(event.at), happened, *made_with, event.run_id or "none")
