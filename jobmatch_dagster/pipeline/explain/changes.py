"""What would have to change for another verdict: the same pair judged again with one thing different.

Belongs here: the changes that are tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jobmatch_dagster.core.matching.judge import Judgement, ProfileFacts, judge
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.pipeline.explain.facts import Facts

SKILLS_TRIED = 8
# A change, the score it gives, its priority, and the filters that still take the pair out.
Change = tuple[str, int | None, str | None, str]


def changes(facts: Facts) -> list[Change]:
    """The pair with one thing different at a time; empty when it has no score."""
    return list(_changes(facts)) if facts.pair and facts.loaded else []


def skills_to_reach(facts: Facts, score: int) -> Sequence[str] | None:
    """Missing skills, in the posting's order, that lift the score to this; None when all together do not."""
    if facts.pair is None or facts.pair.score is None or facts.pair.score >= score:
        return ()
    for count in range(1, len(facts.pair.skills.missing) + 1):
        added = facts.pair.skills.missing[:count]
        if (_with_skills(facts, added).score or 0) >= score:
            return added
    return None


def _changes(facts: Facts) -> Iterator[Change]:
    pair, compared = facts.pair, facts.compared
    if pair is None or compared is None:
        return
    profile, posting = compared.profile, compared.posting
    for skill in pair.skills.missing[:SKILLS_TRIED]:
        yield _change(f"the CV shows {skill}", _with_skills(facts, [skill]))
    if len(pair.skills.missing) > 1:
        count = len(pair.skills.missing)
        yield _change(f"the CV shows all {count} missing skills", _with_skills(facts, pair.skills.missing))
    level = posting.experience_level
    if level and pair.parts.experience != 100:
        yield _change(f"the experience is {level} years", _with(facts, replace(profile, experience_level=level)))
    arrangement = posting.work_arrangement
    if arrangement and pair.parts.work_arrangement not in (None, 100):
        accepted = [*(profile.work_arrangements or ()), arrangement]
        yield _change(f"the user accepts {arrangement}", _with(facts, replace(profile, work_arrangements=accepted)))
    if posting.industries and pair.parts.industry != 100:
        industries = [*(profile.industries or ()), posting.industries[0]]
        yield _change(f"the CV is of {posting.industries[0]}", _with(facts, replace(profile, industries=industries)))


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


def _change(what: str, pair: Judgement) -> Change:
    return what, pair.score, pair.priority, ", ".join(pair.unfit) or "fits"


def _with_skills(facts: Facts, skills: Sequence[str]) -> Judgement:
    profile = facts.compared.profile if facts.compared else ProfileFacts()
    return _with(facts, replace(profile, skills=[*(profile.skills or ()), *skills]))


def _with(facts: Facts, profile: ProfileFacts) -> Judgement:
    """The pair as it would be with this profile."""
    if facts.compared is None or facts.loaded is None:
        raise ValueError("a pair that has no score has no other score either")
    return judge(replace(facts.compared, profile=profile), facts.loaded.rules, facts.calibration.calibration)
