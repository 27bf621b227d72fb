"""What would have to change for another verdict: the same pair scored again with one thing different.

Put here the changes that are tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jobmatch_dagster.core.matching.blocks import PairExplanation, explain_pair
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD, priority
from jobmatch_dagster.pipeline.explain.facts import Facts

SKILLS_TRIED = 8
# A change, the score it gives, its priority, and the filters that still take the pair out.
Change = tuple[str, int | None, str | None, str]


def changes(facts: Facts) -> list[Change]:
    """The pair with one thing different at a time; empty when it has no score."""
    return list(_changes(facts)) if facts.pair and facts.loaded else []


def skills_to_reach(facts: Facts, score: int) -> Sequence[str] | None:
    """Missing skills, in the posting's order, that lift the score to this; None when all together do not."""
    if facts.pair is None or facts.pair.match is None or facts.pair.match >= score:
        return ()
    for count in range(1, len(facts.pair.skills.missing) + 1):
        added = facts.pair.skills.missing[:count]
        if (_with(facts, skills=added).match or 0) >= score:
            return added
    return None


def _changes(facts: Facts) -> Iterator[Change]:
    pair, loaded = facts.pair, facts.loaded
    if pair is None or loaded is None:
        return
    for skill in pair.skills.missing[:SKILLS_TRIED]:
        yield _told(f"the CV shows {skill}", _with(facts, skills=[skill]))
    if len(pair.skills.missing) > 1:
        count = len(pair.skills.missing)
        yield _told(f"the CV shows all {count} missing skills", _with(facts, skills=pair.skills.missing))
    level = loaded.posting_block.experience_level[0]
    if level and pair.parts.experience != 100:
        yield _told(f"the experience is {level} years", _with(facts, level=level))
    arrangement = loaded.posting_block.work_arrangement[0]
    if arrangement and pair.parts.work_arrangement not in (None, 100):
        yield _told(f"the user accepts {arrangement}", _with(facts, arrangement=arrangement))
    industries = loaded.posting_block.industries[0]
    if industries and pair.parts.industry != 100:
        yield _told(f"the CV is of {industries[0]}", _with(facts, industry=industries[0]))


def verdicts(facts: Facts) -> dict[str, str]:
    """What the next verdicts would need, in words."""
    pair = facts.pair
    if pair is None:
        return {}
    told = {}
    for name, score in (("medium", 70), ("high", 85)):
        needed = skills_to_reach(facts, score)
        told[f"priority {name} ({score})"] = (
            "out of reach by skills alone" if needed is None
            else f"with {', '.join(needed)}" if needed
            else "reached"
        )  # fmt: skip
    semantic = pair.parts.semantic
    told[f"Claude ({CLAUDE_THRESHOLD} semantic)"] = (
        "reached" if semantic is not None and semantic >= CLAUDE_THRESHOLD
        else f"not asked: the semantic score is {semantic}"
    )  # fmt: skip
    return told


def _told(what: str, pair: PairExplanation) -> Change:
    return what, pair.match, priority(pair.match), ", ".join(pair.unfit) or "fits"


def _with(
    facts: Facts,
    *,
    skills: Sequence[str] = (),
    level: str | None = None,
    arrangement: str | None = None,
    industry: str | None = None,
) -> PairExplanation:
    """The pair as it would be with these in the profile."""
    loaded = facts.loaded
    if loaded is None:
        raise ValueError("a pair that has no score has no other score either")
    block = loaded.profile_block
    changed = replace(
        block,
        skills=[[*(block.skills[0] or ()), *skills]],
        experience_level=[level or block.experience_level[0]],
        work_arrangements=[[*(block.work_arrangements[0] or ()), arrangement] if arrangement
                           else block.work_arrangements[0]],
        industries=[[*(block.industries[0] or ()), industry] if industry else block.industries[0]],
    )  # fmt: skip
    calibration, weights = facts.calibration.calibration, facts.settings.weights
    return explain_pair(changed, loaded.posting_block, 0, 0, calibration, weights)
