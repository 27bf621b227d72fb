"""Sections on the match: scores, evidence, what is stored, Claude, and what would change it."""

import json
from collections.abc import Iterator
from typing import Any

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.matching.judge import Judgement
from jobmatch_dagster.core.page import UNKNOWN, RunLink, Section, Table
from jobmatch_dagster.core.vocabulary.skills import canonical
from jobmatch_dagster.pipeline.explain.changes import changes, verdicts
from jobmatch_dagster.pipeline.explain.facts import Facts
from jobmatch_dagster.pipeline.explain.wording import answer, cut, known, time
from jobmatch_dagster.pipeline.matching.match import scoring_key

PARTS = ("skills", "experience", "industry", "work_arrangement", "semantic")


def why_no_row(facts: Facts) -> str:
    """Why the pair is not among the matches, in words."""
    posting, pair = facts.posting, facts.pair
    if posting is None:
        return "the posting is in quarantine" if facts.quarantined else "the posting is not held"
    if facts.user.profile_id is None:
        return "the user has no profile"
    if pair is None:
        if facts.user.vector_text_hash is None or not facts.user.active:
            return "the profile has no vector of the present model, or the user is not active"
        return "the posting has no vector of the present model for its present text"
    if pair.unfit:
        return f"a filter takes it out: {', '.join(pair.unfit)}"
    floor = facts.settings.floor
    if pair.score is None or pair.score < floor:
        return f"its score of {pair.score if pair.score is not None else UNKNOWN} is below {floor}"
    if posting.closed_at:
        return "the posting was closed before it was matched"
    return (
        f"it is not among the {facts.settings.keep_best:,} best that a user keeps, or it was not matched yet "
        "(materialize matching/semantic_matches)"
    )


def is_same(facts: Facts) -> bool | None:
    """Whether the stored score is what its inputs give now; None where there is nothing to compare."""
    if facts.stored is None or facts.pair is None:
        return None
    return all(stored == now for _, stored, now in _parts(facts, facts.pair))


def verdict_section(facts: Facts) -> Section:
    """The match in a few lines."""
    stored, pair = facts.stored, facts.pair
    told: dict[str, Any] = {}
    if stored is not None:
        told["match"] = (
            f"{stored.match_score} of 100, priority {stored.priority}, place {stored.place} of {stored.kept}"
        )
        told["user's decision"] = stored.status
    else:
        told["match"] = f"none: {why_no_row(facts)}"
    if pair is not None:
        same = is_same(facts)
        told["computed again now"] = f"{pair.score} of 100" + (
            "" if same is None else ", the same as stored" if same else ", not the same as stored"
        )
        told["in words"] = pair.reasoning
    if stored is not None:
        told["Claude"] = f"{stored.claude_status or 'not asked'}, score {known(stored.claude_score)}"
    return Section("Verdict", told)


def score_section(facts: Facts, pair: Judgement) -> Section:
    """Stored and computed parts with their evidence."""
    rows = []
    for name, stored, now in _parts(facts, pair):
        weight = getattr(facts.settings.weights, name, None)
        same = "" if facts.stored is None else "same" if stored == now else "differs"
        rows.append((name.replace("_", " "), weight, stored, now, same, _evidence(facts, pair, name)))
    return Section(
        "Score, part by part",
        {
            "filters": f"takes it out: {', '.join(pair.unfit)}" if pair.unfit else "fits",
            "the user's conditions": _conditions(facts, pair),
            "priority": pair.priority,
            "relevance (orders the list)": _relevance(facts, pair),
            "unknown parts": "left out, the rest is weighed alone",
        },
        [Table(("part", "weight", "stored", "now", "", "evidence"), rows)],
    )


def skills_section(facts: Facts, pair: Judgement) -> Section:
    """Each skill asked for and what shows it."""
    skills = pair.skills
    rows = [
        *((hit.job_skill, hit.cv_skill, hit.kind, hit.credit, canonical(hit.job_skill)) for hit in skills.hits),
        *((name, None, "missing", 0.0, canonical(name)) for name in skills.missing),
    ]
    columns = ("asked for", "shown by", "how", "credit", "means in the skill table")
    return Section(
        "Skills",
        {
            "match": skills.summary,
            "evidence stored with the match": _stored_hits(facts, pair),
            "further skills of the CV": list(skills.additional[:20]),
        },
        [Table(columns, rows)] if rows else [],
    )


def stored_section(facts: Facts) -> Section:
    """The row of user_job_matches."""
    stored = facts.stored
    if stored is None:
        return Section("Stored match", {"row": f"none: {why_no_row(facts)}"})
    return Section("Stored match", {
        "score": f"{stored.match_score}, place {stored.place} of {stored.kept}",
        "reasoning": stored.match_reasoning,
        "matching skills": stored.matching_skills,
        "missing skills": stored.missing_skills,
        "profile version": f"{stored.profile_version} (newest: {facts.user.version})",
        "scoring": stored.scoring_key,
        "scoring now": scoring_key(facts.settings, facts.calibration),
        "user's decision": f"{stored.status}, {time(stored.decided_at)}" if stored.decided_at else stored.status,
        "first kept": time(stored.created_at),
        "last changed": time(stored.updated_at),
        "written by run": RunLink(stored.run_id),
    })  # fmt: skip


def claude_section(facts: Facts) -> Section:
    """What was asked, what it cost and what came back."""
    stored = facts.stored
    if stored is None or stored.claude_request_hash is None:
        status = stored.claude_status if stored is not None else None
        return Section("Claude", {"status": status or "not asked", "reason": stored and stored.claude_reason})
    return Section(
        "Claude",
        {
            "status": stored.claude_status,
            "score": stored.claude_score,
            "Claude's own score": f"{known(stored.claude_raw_score)}, band {known(stored.claude_band_low)} to "
                                  f"{known(stored.claude_band_high)}, outside by {known(stored.claude_deviation)}",
            "reason": stored.claude_reason,
            "reasons are generic": stored.claude_is_generic,
            "quotes that stand nowhere": stored.claude_items_dropped,
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


def changes_section(facts: Facts, pair: Judgement) -> Section:
    """The pair with one thing different."""
    now = pair.score
    rows = [(what, now, then, level, fits) for what, then, level, fits in changes(facts)]
    return Section("What would change it", verdicts(facts), [Table(("if", "now", "then", "priority", "filters"), rows)])


def _parts(facts: Facts, pair: Judgement) -> Iterator[tuple[str, int | None, int | None]]:
    """Name, stored value and value now of each part, and of the whole."""
    stored = facts.stored
    for name in PARTS:
        yield name, getattr(stored, f"{name}_score", None), getattr(pair.parts, name)
    yield "match", getattr(stored, "match_score", None), pair.score


def _evidence(facts: Facts, pair: Judgement, part: str) -> str:
    if facts.compared is None:
        return ""
    posting, profile = facts.compared.posting, facts.compared.profile
    if part == "skills":
        return pair.skills.summary
    if part == "experience":
        return f"asks for {known(posting.experience_level)}, has {known(profile.experience_level)}"
    if part == "industry":
        return f"{cut(posting.industries)} / {cut(profile.industries)}"
    if part == "work_arrangement":
        return f"{known(posting.work_arrangement)} / accepts {cut(profile.work_arrangements)}"
    return f"cosine {pair.similarity:.4f}" if part == "semantic" else "weighted mean of the known parts"


def _conditions(facts: Facts, pair: Judgement) -> str:
    """Each of the user's own conditions with its verdict now and, where it differs, as stored."""
    stored = dict(facts.stored.filters or {}) if facts.stored is not None else {}
    told = []
    for name, verdict in pair.filters:
        before = stored.get(name)
        told.append(f"{name}: {verdict}" + (f" (stored: {before})" if before and before != verdict else ""))
    return ", ".join(told) or "none set"


def _relevance(facts: Facts, pair: Judgement) -> str:
    now = f"{pair.relevance:.1f}"
    return now if facts.stored is None else f"{now}, stored {known(facts.stored.relevance)}"


def _stored_hits(facts: Facts, pair: Judgement) -> str:
    """Whether the skill hits that were stored with the match are those that are found now."""
    if facts.stored is None or facts.stored.skill_hits is None:
        return "none"
    stored = {tuple(hit) for hit in facts.stored.skill_hits}
    now = {(hit.kind, hit.job_skill, hit.cv_skill) for hit in pair.skills.hits}
    if stored == now:
        return "the same"
    gone, new = stored - now, now - stored
    told = [f"{word} {job} <- {cv} ({kind})" for word, hits in (("then", gone), ("now", new)) for kind, job, cv in hits]
    return "differs: " + "; ".join(sorted(told))
