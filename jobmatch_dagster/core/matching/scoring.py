"""The weighted score: scales of its parts, weights, priority, and the reason in words.

Put here how one pair is judged. Comparison of skills stands in `skills.py`, whole blocks of pairs in
`matching.py`. The scales are the plan's defaults; an unknown part is left out and the rest renormalised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS
from jobmatch_dagster.core.vocabulary.skills import SkillMatch

# Below this a pair is not kept.
MATCH_FLOOR = 30
# From this semantic score on a pair is sent to Claude.
CLAUDE_THRESHOLD = 50

EXPERIENCE_SAME, EXPERIENCE_ONE_ABOVE, EXPERIENCE_ONE_BELOW = 100, 80, 60
# Further apart where it takes no pair out: the posting's level was read from its text, or the fields differ.
EXPERIENCE_FAR = 20
INDUSTRY_SHARED, INDUSTRY_RELATED, INDUSTRY_OTHER = 100, 70, 30

# How well a posting's arrangement (column) suits a person who would accept only the one named (row); the best of
# the accepted ones counts. None: the two do not fit.
ARRANGEMENT_SCORES: Mapping[str, Mapping[str, int | None]] = {
    "On-site": {"On-site": 100, "Hybrid": 80, "Remote OK": 60, "Remote Solely": 30},
    "Hybrid": {"On-site": 50, "Hybrid": 100, "Remote OK": 80, "Remote Solely": 60},
    "Remote OK": {"On-site": 40, "Hybrid": 80, "Remote OK": 100, "Remote Solely": 100},
    "Remote Solely": {"On-site": None, "Hybrid": 40, "Remote OK": 100, "Remote Solely": 100},
}

# Industries whose people often move between them; everything in a group is related to the rest of it.
RELATED_INDUSTRIES: tuple[frozenset[str], ...] = (
    frozenset({"Technology", "Software", "Data & Analytics"}),
    frozenset({"Technology", "Engineering", "Science & Research"}),
    frozenset({"Engineering", "Manufacturing", "Energy", "Construction", "Trades"}),
    frozenset({"Energy", "Environmental & Sustainability", "Agriculture"}),
    frozenset({"Healthcare", "Social Services", "Science & Research"}),
    frozenset({"Education", "Social Services", "Government & Public Sector"}),
    frozenset({"Sales", "Marketing", "Retail", "Customer Service & Support"}),
    frozenset({"Marketing", "Creative & Media", "Art & Design"}),
    frozenset({"Hospitality", "Food & Beverage", "Retail"}),
    frozenset({"Logistics", "Transportation", "Manufacturing"}),
    frozenset({"Finance & Accounting", "Legal", "Consulting", "Administrative"}),
    frozenset({"Human Resources", "Administrative", "Consulting"}),
    frozenset({"Management & Leadership", "Consulting"}),
    frozenset({"Healthcare", "Sports & Recreation"}),
    frozenset({"Security & Safety", "Government & Public Sector"}),
)


@dataclass(frozen=True)
class Weights:
    """Weights of the five parts; what counts is their share of the sum."""

    skills: float = 40
    experience: float = 25
    industry: float = 15
    work_arrangement: float = 10
    semantic: float = 10

    def __post_init__(self) -> None:
        parts = (self.skills, self.experience, self.industry, self.work_arrangement, self.semantic)
        if min(parts) < 0 or sum(parts) <= 0:
            raise ValueError(f"Weights must not be negative and not all zero: {parts}")


@dataclass(frozen=True)
class Parts:
    """The five parts of a match, 0..100 each; None where one side says nothing."""

    skills: int | None = None
    experience: int | None = None
    industry: int | None = None
    work_arrangement: int | None = None
    semantic: int | None = None


def skills_score(match: SkillMatch) -> int | None:
    """Share of the posting's skills that the CV answers, 0..100 rounded half up; None when unknown."""
    if match.share is None:
        return None
    total = len(match.hits) + len(match.missing)
    # In tenths of a credit, so that it is exact: block and single pair agree to the last point.
    tenths = sum(round(10 * hit.credit) for hit in match.hits)
    return (20 * tenths + total) // (2 * total)


def experience_score(posting: str | None, profile: str | None, *, read: bool = False) -> tuple[int | None, bool]:
    """Score of two experience levels, and whether they are too far apart for a match.

    Args:
        posting: the level that the posting asks for.
        profile: the level of the CV.
        read: whether the posting's level was read from its text; then nothing is too far.
    """
    if posting is None or profile is None:
        return None, False
    steps = EXPERIENCE_LEVELS.index(posting) - EXPERIENCE_LEVELS.index(profile)
    scores = {0: EXPERIENCE_SAME, 1: EXPERIENCE_ONE_ABOVE, -1: EXPERIENCE_ONE_BELOW}
    if steps not in scores and read:
        return EXPERIENCE_FAR, False
    return scores.get(steps), steps not in scores


def experience_filters(industry: int | None) -> bool:
    """Whether levels that are too far apart take a pair out.

    Years in another or an unknown field do not: they score `EXPERIENCE_FAR`, so that far is never better than near.
    """
    return industry is not None and industry >= INDUSTRY_RELATED


def industry_score(posting: Sequence[str] | None, profile: Sequence[str] | None) -> int | None:
    """Score of two lists of industries: one in common, one related pair, or nothing alike."""
    if not posting or not profile:
        return None
    if set(posting) & set(profile):
        return INDUSTRY_SHARED
    related = any(group & set(posting) and group & set(profile) for group in RELATED_INDUSTRIES)
    return INDUSTRY_RELATED if related else INDUSTRY_OTHER


def arrangement_score(posting: str | None, accepted: Sequence[str] | None) -> tuple[int | None, bool]:
    """Score of a posting's arrangement for a person who accepts these, and whether it does not fit."""
    if posting is None or not accepted:
        return None, False
    scores = [ARRANGEMENT_SCORES[wish][posting] for wish in accepted]
    best = max((score for score in scores if score is not None), default=None)
    return best, best is None


def weighted_score(parts: Parts, weights: Weights) -> int | None:
    """Weighted mean of the known parts, 0..100, rounded half up; None when nothing is known."""
    pairs = [
        (score, getattr(weights, name))
        for name in ("skills", "experience", "industry", "work_arrangement", "semantic")
        if (score := getattr(parts, name)) is not None
    ]
    total = sum(weight for _, weight in pairs)
    return int(sum(score * weight for score, weight in pairs) / total + 0.5) if total > 0 else None


def priority(score: int | None) -> str | None:
    """High from 85, medium from 70, else low; None without a score."""
    if score is None:
        return None
    return "high" if score >= 85 else "medium" if score >= 70 else "low"


# What orders a user's list: likeness of the texts first, then whether field and skills agree. The weighted score
# alone puts an ad that names one skill, and that one in the CV, before the ads of the CV's own occupation. The two
# weights are round numbers, not an optimum: chosen on a random half of each field's real CVs (five seeds), they move
# the other half's nDCG@10 by less than 0.01 (from 0.69..0.72; BM25 has 0.15..0.18 there, plain cosine 0.21..0.25).
_RELEVANCE_INDUSTRY, _RELEVANCE_SKILLS = 0.2, 0.1
# Where the vendor states a posting's skills the weighted score is to be trusted, and leads: then the list is in the
# order of the scores that stand in it, with likeness deciding between near ones.
_RELEVANCE_MATCH = 4.0
_INDUSTRY_UNKNOWN = 50
# A share of few skills says little: as if four more had been asked for, of which one in five is met.
_SKILLS_PRIOR, _SKILLS_PRIOR_SHARE = 4, 20


def relevance(
    semantic: NDArray[np.float32],
    industry: NDArray[np.int16],
    tenths: NDArray[np.float32],
    skills: NDArray[np.int32],
    match: NDArray[np.float32],
    stated: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """How high a pair stands in the user's list, 0..100 with one decimal.

    Args:
        semantic: calibrated similarity, 0..100, not rounded.
        industry: score of the fields, negative where unknown.
        tenths: tenths of a credit that the CV earns on the posting's skills, 0 where unknown.
        skills: number of skills that the posting asks for, 0 where either side names none.
        match: weighted score, 0..100.
        stated: whether the posting's skills are the vendor's.
    """
    share = (10 * tenths + _SKILLS_PRIOR * _SKILLS_PRIOR_SHARE) / (skills + _SKILLS_PRIOR)
    field = np.where(industry < 0, _INDUSTRY_UNKNOWN, industry)
    trust = np.where(stated, np.float32(_RELEVANCE_MATCH), np.float32(0))
    total = (semantic + _RELEVANCE_INDUSTRY * field + _RELEVANCE_SKILLS * share + trust * match) / (
        1 + _RELEVANCE_INDUSTRY + _RELEVANCE_SKILLS + trust
    )
    result: NDArray[np.float32] = np.round(total, 1).astype(np.float32)
    return result


def reasoning(
    *,
    matching: Sequence[str],
    asked: int,
    near: tuple[str, str] | None,
    posting_level: str | None,
    profile_level: str | None,
    posting_industries: Sequence[str] | None,
    profile_industries: Sequence[str] | None,
    arrangement: str | None,
    semantic: int,
) -> str:
    """The facts of a pair in one or two sentences, until Claude has said more.

    `matching` are the posting's skills that the CV shows, of `asked` (0: unknown); `near` is the first related skill,
    as the CV and as the posting spells it.
    """
    sentences = []
    if asked:
        names = f": {', '.join(matching[:5])}" if matching else ""
        sentences.append(f"Shows {len(matching)} of {asked} skills asked for{names}.")
        if near:
            sentences.append(f"{near[0]} is close to {near[1]}.")
    facts = []
    if posting_level and profile_level:
        same = "the level asked for" if posting_level == profile_level else f"{posting_level} years asked for"
        facts.append(f"experience {profile_level} years, {same}")
    shared = [name for name in posting_industries or () if name in (profile_industries or ())]
    if shared:
        facts.append(f"same field ({', '.join(shared[:2])})")
    elif posting_industries and profile_industries:
        facts.append(f"field is {posting_industries[0]}, CV is of {profile_industries[0]}")
    if arrangement:
        facts.append(f"work is {arrangement.lower()}")
    facts.append(f"texts alike to {semantic} of 100")
    sentence = "; ".join(facts)
    return " ".join([*sentences, sentence[0].upper() + sentence[1:] + "."])
