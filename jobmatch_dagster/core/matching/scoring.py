"""The scales of a match: its parts, their weights, the weighted score, relevance, priority.

Belongs here: what one number means. `judge.py` puts the numbers of one pair together, `block_engine.py` those of
many. An unknown part is left out and the weights of the others are scaled up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS

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
_KNOWN_INDUSTRIES = frozenset(INDUSTRIES)


@dataclass(frozen=True)
class Weights:
    """Weights of the five parts; what counts is their share of the sum."""

    skills: float = 40
    experience: float = 25
    industry: float = 15
    work_arrangement: float = 10
    semantic: float = 10

    def __post_init__(self) -> None:
        weights = astuple(self)
        if min(weights) < 0 or sum(weights) <= 0:
            raise ValueError(f"Weights must not be negative and not all zero: {weights}")

    def shares(self) -> dict[str, float]:
        """Share of each part in the sum, 0 to 1, where all parts are known."""
        weights = asdict(self)
        return {part: weight / sum(weights.values()) for part, weight in weights.items()}


class Parts(NamedTuple):
    """The five parts of a match, 0..100 each; None where one side says nothing."""

    skills: int | None = None
    experience: int | None = None
    industry: int | None = None
    work_arrangement: int | None = None
    semantic: int | None = None


PARTS: tuple[str, ...] = Parts._fields
"""Names of the parts, in the order in which they are shown. Every other list of them in Python comes from here."""
SCORE_COLUMNS: tuple[str, ...] = tuple(f"{part}_score" for part in PARTS)
"""Their columns in `user_job_matches`."""


def skills_score(tenths: int, asked: int) -> int | None:
    """Share of the posting's skills that the CV answers, 0..100 rounded half up; None when unknown.

    Args:
        tenths: what the CV earns on them, in tenths of a credit.
        asked: number of skills that the posting asks for; 0 when either side names none.
    """
    return (20 * tenths + asked) // (2 * asked) if asked else None


def experience_score(posting: str | None, profile: str | None, *, read: bool = False) -> tuple[int | None, bool]:
    """Score of two experience levels, and whether they are too far apart for a match.

    Args:
        posting: the level that the posting asks for.
        profile: the level of the CV.
        read: whether the posting's level was read from its text; then nothing is too far.
    """
    if posting not in EXPERIENCE_LEVELS or profile not in EXPERIENCE_LEVELS:
        return None, False
    steps = EXPERIENCE_LEVELS.index(posting) - EXPERIENCE_LEVELS.index(profile)
    scores = {0: EXPERIENCE_SAME, 1: EXPERIENCE_ONE_ABOVE, -1: EXPERIENCE_ONE_BELOW}
    if steps not in scores and read:
        return EXPERIENCE_FAR, False
    return scores.get(steps), steps not in scores


def experience_filters(industry: int | None) -> bool:
    """Whether levels that are too far apart make a pair unfit.

    Years in another or an unknown field do not: they score `EXPERIENCE_FAR`, so that far is never better than near.
    """
    return industry is not None and industry >= INDUSTRY_RELATED


def industry_score(posting: Sequence[str] | None, profile: Sequence[str] | None) -> int | None:
    """Score of two lists of industries: one in common, one related pair, or nothing alike; other words do not count."""
    wanted, own = _KNOWN_INDUSTRIES.intersection(posting or ()), _KNOWN_INDUSTRIES.intersection(profile or ())
    if not wanted or not own:
        return None
    if wanted & own:
        return INDUSTRY_SHARED
    return INDUSTRY_RELATED if any(group & wanted and group & own for group in RELATED_INDUSTRIES) else INDUSTRY_OTHER


def arrangement_score(posting: str | None, accepted: Sequence[str] | None) -> tuple[int | None, bool]:
    """Score of a posting's arrangement for a person who accepts these, and whether it does not fit."""
    wishes = [wish for wish in accepted or () if wish in ARRANGEMENT_SCORES]
    if posting not in WORK_ARRANGEMENTS or not wishes:
        return None, False
    scores = [ARRANGEMENT_SCORES[wish][posting] for wish in wishes]
    best = max((score for score in scores if score is not None), default=None)
    return best, best is None


def weighted_scores(parts: Mapping[str, NDArray[np.int16]], weights: Weights) -> NDArray[np.float32]:
    """Weighted means of the known parts, 0..100, rounded half up; NaN where nothing is known.

    Args:
        parts: scores by name of the part, arrays of one shape; negative where unknown.
        weights: of the parts.
    """
    shape = next(iter(parts.values())).shape
    points, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for name, scores in parts.items():
        share = np.float32(getattr(weights, name))
        known = scores >= 0
        points += np.where(known, scores, np.int16(0)) * share
        weight += known * share
    with np.errstate(invalid="ignore", divide="ignore"):
        rounded: NDArray[np.float32] = np.floor(points / weight + np.float32(0.5))
    return rounded


def weighted_score(parts: Parts, weights: Weights) -> int | None:
    """As `weighted_scores`, of one pair; None when nothing is known."""
    scores = {name: np.array([-1 if score is None else score], np.int16) for name, score in parts._asdict().items()}
    total = weighted_scores(scores, weights)[0]
    return None if np.isnan(total) else int(total)


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
# order of the scores it shows, with similarity deciding between close ones.
_RELEVANCE_MATCH = 4.0
_INDUSTRY_UNKNOWN = 50
# A share of few skills says little: as if four more had been asked for, of which one in five is met.
_SKILLS_PRIOR, _SKILLS_PRIOR_SHARE = 4, 20


def relevance(
    semantic: NDArray[np.float32],
    industry: NDArray[np.int16],
    tenths: NDArray[np.float32],
    asked: NDArray[np.int32],
    match: NDArray[np.float32],
    stated: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """The rank value of a pair in the user's list, 0..100 with one decimal.

    Args:
        semantic: calibrated similarity, 0..100, not rounded.
        industry: score of the fields, negative where unknown.
        tenths: tenths of a credit that the CV earns on the posting's skills, 0 where unknown.
        asked: number of skills that the posting asks for, 0 where either side names none.
        match: weighted score, 0..100.
        stated: whether the posting's skills are the vendor's.
    """
    share = (10 * tenths + _SKILLS_PRIOR * _SKILLS_PRIOR_SHARE) / (asked + _SKILLS_PRIOR)
    field = np.where(industry < 0, _INDUSTRY_UNKNOWN, industry)
    trust = np.where(stated, np.float32(_RELEVANCE_MATCH), np.float32(0))
    total = (semantic + _RELEVANCE_INDUSTRY * field + _RELEVANCE_SKILLS * share + trust * match) / (
        1 + _RELEVANCE_INDUSTRY + _RELEVANCE_SKILLS + trust
    )
    result: NDArray[np.float32] = np.round(total, 1).astype(np.float32)
    return result
