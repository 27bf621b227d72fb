"""Pairs that wait for Claude: asked once each, best first, within the budget.

Put here the order of the steps: a ledger row is committed before the call, the raw answer before it is read. A
killed run never pays again for an answer that is held.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from jobmatch_dagster.core.answer import Answer, Unusable, read_answer
from jobmatch_dagster.core.failures import PassingFailure
from jobmatch_dagster.core.prompt import PairRequest, build_request
from jobmatch_dagster.core.scoring import priority
from jobmatch_dagster.core.skills import compare_skills
from jobmatch_dagster.db import claude as ledger
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import ASKING_CLAUDE, exclusively
from jobmatch_dagster.resources.claude import ClaudeResource, Reply

_PROFILE_FACTS = (
    "skills", "experience_years", "experience_level", "seniority", "education", "languages", "industries",
    "work_arrangements",
)  # fmt: skip
_POSTING_FACTS = (
    "title", "company", "location", "ai_key_skills", "ai_keywords", "ai_experience_level", "ai_work_arrangement",
    "ai_taxonomies_a", "ai_core_responsibilities", "ai_requirements_summary", "ai_education_requirements",
    "ai_job_language",
)  # fmt: skip


@dataclass
class EnrichReport:
    """What was asked and paid, and how many pairs still wait."""

    waiting: int = 0
    calls: int = 0
    from_ledger: int = 0
    done: int = 0
    without_score: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    note: str = ""


def enrich_pairs(
    database: Database,
    claude: ClaudeResource,
    run_id: str,
    user_keys: Sequence[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> EnrichReport:
    """Ask Claude about the pairs that wait (of all active users, or of these).

    Without a key nothing is called and the pairs wait.

    Raises:
        PermanentFailure: on a refused key, model or request; no further call is made.
    """
    report = EnrichReport()
    if claude.enabled:
        with exclusively(database, ASKING_CLAUDE):
            _enrich(database, claude, run_id, user_keys, report, on_progress)
    else:
        report.note = "ANTHROPIC_API_KEY is not set: nothing was called"
    with database.begin() as connection:
        report.waiting = ledger.count_waiting(connection, user_keys)
    return report


def request_for(pair: Row[Any]) -> PairRequest:
    """The request for a pair: structured facts alone, no name and no text of the CV."""
    row = pair._mapping
    skills = compare_skills(pair.ai_key_skills, pair.skills)
    analysis = {
        "skill_match": skills.summary,
        "matching_skills": skills.matching,
        "related_skills": [f"{hit.job_skill} ~ {hit.cv_skill}" for hit in skills.hits if hit.kind == "related"],
        "missing_skills": list(skills.missing),
        "additional_skills": list(skills.additional)[:20],
        "experience": {"posting": pair.ai_experience_level, "profile": pair.experience_level},
        "parts_of_100": {
            "skills": pair.skills_score,
            "experience": pair.experience_score,
            "industry": pair.industry_score,
            "work_arrangement": pair.work_arrangement_score,
            "semantic": pair.semantic_score,
        },
    }
    percent = None if skills.share is None else 100 * len(skills.matching) / (len(skills.hits) + len(skills.missing))
    return build_request(
        {name: row[name] for name in _PROFILE_FACTS if row[name] is not None},
        {name: row[name] for name in _POSTING_FACTS if row[name] is not None},
        analysis,
        percent,
    )


def _enrich(
    database: Database,
    claude: ClaudeResource,
    run_id: str,
    user_keys: Sequence[str] | None,
    report: EnrichReport,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    with database.begin() as connection:
        pairs = ledger.waiting_pairs(connection, user_keys, claude.max_pairs_per_user)
        spent = ledger.spent_today_usd(connection)
    budget = Decimal(str(claude.budget_usd_per_day))
    for number, pair in enumerate(pairs, start=1):
        request = request_for(pair)
        request_hash = request.request_hash(claude.model)
        with database.begin() as connection:
            raw = ledger.held_answer(connection, request_hash)
        if raw is None:
            if spent + report.cost_usd + claude.highest_cost_usd(request) > budget:
                report.note = f"the budget of {budget} USD a day is used up; the rest waits"
                return
            raw = _ask(database, claude, run_id, pair, request, report)
            if raw is None:
                continue
        else:
            report.from_ledger += 1
        _apply(database, claude.model, pair, request, raw, report)
        if on_progress:
            on_progress(number, len(pairs))


def _ask(
    database: Database, claude: ClaudeResource, run_id: str, pair: Row[Any], request: PairRequest, report: EnrichReport
) -> dict[str, Any] | None:
    request_hash = request.request_hash(claude.model)
    with database.begin() as connection:
        ledger.open_request(connection, request_hash, pair, claude.model, run_id)
    report.calls += 1
    try:
        reply = claude.ask(request)
    except PassingFailure as error:
        with database.begin() as connection:
            ledger.note_failure(connection, request_hash, str(error))
        report.note = str(error)
        return None
    kept = {"text": reply.text, "status": reply.status, "problem": reply.problem, "message": dict(reply.raw)}
    with database.begin() as connection:
        ledger.keep_answer(connection, request_hash, kept, dict(reply.usage), reply.cost_usd)
    _count(report, reply)
    return kept


def _apply(
    database: Database, model: str, pair: Row[Any], request: PairRequest, raw: Any, report: EnrichReport
) -> None:
    found: Answer | Unusable
    text = raw["text"]
    found = Unusable(raw["status"], raw["problem"]) if text is None else read_answer(text, request)
    level = priority(found.score) if isinstance(found, Answer) else None
    with database.begin() as connection:
        ledger.apply_answer(connection, pair.match_id, request.request_hash(model), model, found, level)
    report.done += isinstance(found, Answer)
    report.without_score += isinstance(found, Unusable)


def _count(report: EnrichReport, reply: Reply) -> None:
    report.input_tokens += reply.usage.get("input_tokens") or 0
    report.output_tokens += reply.usage.get("output_tokens") or 0
    report.cache_read_tokens += reply.usage.get("cache_read_input_tokens") or 0
    report.cost_usd += reply.cost_usd
