"""The page that tells why a user's match with a posting is what it is, or why there is none.

Everything is computed again from what is stored. Put here what stands on the page; how a pair is scored stands
in `core/matching.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.matching import PairExplanation, explain_pair
from jobmatch_dagster.core.scoring import CLAUDE_THRESHOLD, MATCH_FLOOR, Weights, priority
from jobmatch_dagster.db.calibrations import StoredCalibration, calibration_in_force
from jobmatch_dagster.db.embedding_models import model_in_force
from jobmatch_dagster.db.engine import Database, run_query
from jobmatch_dagster.defs.matching.stage import LoadedPairs, MatchSettings, load_pairs, scoring_key

_UNKNOWN = "unknown"
_TEXT_SHOWN = 400
_SKILLS_TRIED = 5


class NothingToExplainError(LookupError):
    """The user or the posting is not known; the message says which and what to look for."""


def explain(database: Database, settings: MatchSettings, user_key: str, external_id: str) -> str:
    """The page, as plain text.

    Raises:
        NothingToExplainError: if the user or the posting is not known.
    """
    with database.begin() as connection:
        names = {"user_key": user_key, "external_id": external_id}
        if not connection.scalar(text("SELECT 1 FROM users WHERE user_key = :user_key"), names):
            raise NothingToExplainError(f"There is no user {user_key!r}: has a CV of theirs landed in the inbox?")
        posting = _posting(connection, external_id)
        model = model_in_force(connection, settings.model)
        calibration = calibration_in_force(connection, model)
        key = scoring_key(settings, model, calibration)
        run_query(connection, "select_one_posting", {"external_id": external_id, "model": model})
        loaded = load_pairs(connection, model, [user_key])
        rows = run_query(connection, "stored_match", names)
        stored = rows[0] if rows else None
    return "\n".join(_page(settings, calibration, key, user_key, posting, loaded, stored))


def _posting(connection: Connection, external_id: str) -> Row[Any]:
    rows = run_query(connection, "posting_lineage", {"external_id": external_id})
    if rows:
        return rows[0]
    rejected = run_query(connection, "quarantined_posting", {"external_id": external_id})
    if rejected:
        where = rejected[-1]
        raise NothingToExplainError(
            f"The posting {external_id!r} is in quarantine: field {where.field!r}, {where.reason} (page "
            f"{where.page_id}, position {where.page_position}). Mend it, then materialize catalog/jobs again."
        )
    raise NothingToExplainError(f"There is no posting {external_id!r} in jobs: was its hour collected?")


def _page(
    settings: MatchSettings,
    calibration: StoredCalibration,
    key: str,
    user_key: str,
    posting: Row[Any],
    loaded: LoadedPairs,
    stored: Row[Any] | None,
) -> Iterator[str]:
    yield f"{user_key}  x  {posting.external_id}: {posting.title}, {posting.company}"
    yield from _section("1. Posting", _lineage(posting))
    yield from _section("2. Text that was embedded (beginning)", {"text": _embedded_text(posting)})
    if not loaded.postings or not loaded.profiles:
        yield from _section("3. No score", {"why": _why_nothing(posting, loaded)})
        return
    profile = loaded.profiles[0]
    pair = explain_pair(
        loaded.profile_block, loaded.posting_block, 0, 0, calibration.calibration, settings.weights
    )  # fmt: skip
    yield from _section("3. Profile", {
        "version": profile.version, "skills": _list(profile.skills),
        "experience": _or_unknown(profile.experience_level), "industries": _list(profile.industries),
        "work arrangements": _list(profile.work_arrangements),
    })  # fmt: skip
    yield from _section("4. Score, computed now", _score(pair, settings.weights, calibration))
    yield from _section("5. Skills", _skills(pair))
    yield from _section("6. Stored match", _stored(stored, pair, posting, key))
    yield from _section("7. What would change it", _changes(pair, loaded, calibration, settings.weights))


def _section(title: str, facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n{title}"
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        yield f"  {name:<{width}}  {value}"


def _lineage(posting: Row[Any]) -> dict[str, Any]:
    return {
        "page": f"{posting.page_id}, position {posting.page_position}, {posting.generation} {posting.endpoint}, "
                f"fetched {posting.fetched_at:%Y-%m-%d %H:%M} UTC",
        "indexed": f"{posting.date_created:%Y-%m-%d %H:%M} UTC",
        "seen": f"{posting.sightings} times, first {posting.first_seen_at:%Y-%m-%d %H:%M}, "
                f"last {posting.last_seen_at:%Y-%m-%d %H:%M} UTC",
        "changed fields": _list(posting.modified_fields) if posting.modified_fields else "none",
        "state": f"closed {posting.closed_at:%Y-%m-%d} ({posting.closed_reason})" if posting.closed_at else "open",
        "source": f"{posting.source or _UNKNOWN}, {posting.url}",
        "loaded by run": posting.run_id or _UNKNOWN,
    }  # fmt: skip


def _embedded_text(posting: Row[Any]) -> str:
    whole = posting_text_to_embed(
        title=posting.title,
        key_skills=posting.ai_key_skills,
        keywords=posting.ai_keywords,
        core_responsibilities=posting.ai_core_responsibilities,
        requirements_summary=posting.ai_requirements_summary,
        description=posting.description,
    )
    return whole if len(whole) <= _TEXT_SHOWN else f"{whole[:_TEXT_SHOWN]}…"


def _why_nothing(posting: Row[Any], loaded: LoadedPairs) -> str:
    if not loaded.profiles:
        return "the user has no profile with a vector of this model: look at cv_documents.reason, run ingest_cv"
    if posting.closed_at:
        return "the posting was closed before it got a vector of this model"
    return "the posting has no vector of this model for its present text yet: materialize catalog/job_embeddings"


def _score(pair: PairExplanation, weights: Weights, calibration: StoredCalibration) -> dict[str, Any]:
    parts = {
        name.replace("_", " "): f"{_or_unknown(getattr(pair.parts, name))} (weight {getattr(weights, name):g})"
        for name in ("skills", "experience", "industry", "work_arrangement", "semantic")
    }
    return {
        "match score": f"{_or_unknown(pair.match)} of 100, priority {priority(pair.match) or _UNKNOWN}",
        **parts,
        "cosine": f"{pair.similarity:.4f}, calibration {calibration.id} "
                  f"({calibration.provenance.get('source', _UNKNOWN)})",
        "filters": "fits" if not pair.unfit else f"does not fit: {', '.join(pair.unfit)}",
        "conditions": "; ".join(f"{name}: {verdict}" for name, verdict in pair.filters.items()) or "none set",
        "place by": f"relevance {pair.relevance:.1f}",
        "in words": pair.reasoning,
    }  # fmt: skip


def _skills(pair: PairExplanation) -> dict[str, Any]:
    shown = [f"{hit.job_skill} <- {hit.cv_skill} ({hit.kind}, {hit.credit:g})" for hit in pair.skills.hits]
    return {
        "match": pair.skills.summary,
        "answered": "; ".join(shown) or "none",
        "missing": _list(pair.skills.missing) if pair.skills.missing else "none",
        "additional": _list(pair.skills.additional[:20]) if pair.skills.additional else "none",
    }


def _stored(stored: Row[Any] | None, pair: PairExplanation, posting: Row[Any], key: str) -> dict[str, Any]:
    if stored is None:
        return {"row": f"none: {_why_no_row(pair, posting)}"}
    same = (stored.match_score, stored.semantic_score) == (pair.match, pair.parts.semantic)
    outdated = [
        name
        for name, differs in (
            ("scored with other settings", stored.scoring_key != key),
            ("the posting has changed since", stored.record_hash != posting.record_hash),
        )
        if differs
    ]
    claude = f"{stored.claude_status or 'not asked'}, score {_or_unknown(stored.claude_score)}"
    return {
        "row": f"score {stored.match_score}, place {stored.place} of {stored.kept}, user's decision: {stored.status}",
        "computed again": "the same" if same else f"differs ({', '.join(outdated) or 'cause not known: report it'})",
        "profile version": stored.profile_version,
        "scoring": stored.scoring_key,
        "written by run": f"{stored.run_id or _UNKNOWN}, {stored.updated_at:%Y-%m-%d %H:%M} UTC",
        "Claude": claude + (f" ({stored.claude_reason})" if stored.claude_reason else ""),
        "Claude's request": f"{stored.claude_request_hash}, {stored.claude_model}, prompt {stored.prompt_version}, "
                            f"{_or_unknown(stored.cost_usd)} USD" if stored.claude_request_hash else "none",
    }  # fmt: skip


def _why_no_row(pair: PairExplanation, posting: Row[Any]) -> str:
    if pair.unfit:
        return f"a filter takes it out ({', '.join(pair.unfit)})"
    if pair.match is None or pair.match < MATCH_FLOOR:
        return f"the score is below {MATCH_FLOOR}"
    if posting.closed_at:
        return "the posting was closed before it was matched"
    return "it is not among the best that a user keeps, or not matched yet (materialize matching/semantic_matches)"


def _changes(
    pair: PairExplanation, loaded: LoadedPairs, calibration: StoredCalibration, weights: Weights
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    own = list(loaded.profile_block.skills[0] or ())
    for skill in pair.skills.missing[:_SKILLS_TRIED]:
        block = replace(loaded.profile_block, skills=[[*own, skill]])
        again = explain_pair(block, loaded.posting_block, 0, 0, calibration.calibration, weights)
        changes[f"with {skill}"] = f"{_or_unknown(pair.match)} -> {_or_unknown(again.match)}"
    semantic = pair.parts.semantic or 0
    changes["Claude"] = (
        f"asked: the semantic score is {semantic}, {CLAUDE_THRESHOLD} is enough"
        if semantic >= CLAUDE_THRESHOLD
        else f"not asked: the semantic score is {semantic}, {CLAUDE_THRESHOLD} is needed"
    )
    return changes


def _list(values: Any) -> str:
    return ", ".join(values) if values else _UNKNOWN


def _or_unknown(value: Any) -> Any:
    return _UNKNOWN if value is None else value
