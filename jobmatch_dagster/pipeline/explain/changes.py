"""What would have to change for another verdict: the same pair judged again with one thing different.

Belongs here: the changes that are tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jobmatch_dagster.core.matching.judge import Judgement, ProfileFacts
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.pipeline.explain.pair_data import JudgedNow

SKILLS_TRIED = 8


@dataclass(frozen=True)
class Change:
    """A change of the profile, and the judgement with it."""

    what: str
    judgement: Judgement


def changes(judged: JudgedNow) -> Iterator[Change]:
    """The pair with one thing different at a time."""
    profile, posting, now = judged.facts.profile, judged.facts.posting, judged.judgement
    missing = now.skills.missing
    for skill in missing[:SKILLS_TRIED]:
        yield Change(f"the CV shows {skill}", judged.with_profile(_with_skills(profile, [skill])))
    if len(missing) > 1:
        everything = judged.with_profile(_with_skills(profile, missing))
        yield Change(f"the CV shows all {len(missing)} missing skills", everything)
    level = posting.experience_level
    if level and now.parts.experience != 100:
        yield Change(f"the experience is {level} years", judged.with_profile(replace(profile, experience_level=level)))
    arrangement = posting.work_arrangement
    if arrangement and now.parts.work_arrangement not in (None, 100):
        accepted = [*(profile.work_arrangements or ()), arrangement]
        yield Change(
            f"the user accepts {arrangement}", judged.with_profile(replace(profile, work_arrangements=accepted))
        )
    if posting.industries and now.parts.industry != 100:
        industries = [*(profile.industries or ()), posting.industries[0]]
        yield Change(
            f"the CV is of {posting.industries[0]}", judged.with_profile(replace(profile, industries=industries))
        )


def needed_for_verdicts(judged: JudgedNow) -> dict[str, str]:
    """What the next verdicts would need, in words."""
    needed = {f"priority {name} ({score})": _needed(judged, score) for name, score in (("medium", 70), ("high", 85))}
    now = judged.judgement
    needed[f"Claude ({CLAUDE_THRESHOLD} semantic)"] = (
        "reached" if now.is_for_claude else f"not asked: the semantic score is {now.parts.semantic}"
    )
    return needed


def skills_to_reach(judged: JudgedNow, score: int) -> Sequence[str] | None:
    """Missing skills, in the posting's order, that lift the score to this; None when all together do not."""
    now = judged.judgement
    if now.score is None or now.score >= score:
        return ()
    for count in range(1, len(now.skills.missing) + 1):
        added = now.skills.missing[:count]
        if (judged.with_profile(_with_skills(judged.facts.profile, added)).score or 0) >= score:
            return added
    return None


def _needed(judged: JudgedNow, score: int) -> str:
    skills = skills_to_reach(judged, score)
    if skills is None:
        return "out of reach by skills alone"
    return f"with {', '.join(skills)}" if skills else "reached"


def _with_skills(profile: ProfileFacts, skills: Sequence[str]) -> ProfileFacts:
    return replace(profile, skills=[*(profile.skills or ()), *skills])
