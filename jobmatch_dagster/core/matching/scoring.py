"""The scales of a match: its parts, their weights, the weighted score and its certainty, priority.

Belongs here: what one number means. `judge.py` puts the numbers of one pair together, `block_engine.py` those of
many. What is not known of the facts is decided by the texts: the semantic part has the weight that the others leave.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
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

    @property
    def total(self) -> float:
        """Sum of all weights."""
        return float(sum(astuple(self)))

    def with_own(self, own: Mapping[str, float]) -> "Weights":
        """These weights with a user's own ones by part; unchanged if nothing would have any weight."""
        values = {**asdict(self), **own}
        return Weights(**values) if any(values.values()) else self

    def shares(self) -> dict[str, float]:
        """Share of each part in the sum, 0 to 1, where all parts are known."""
        weights = asdict(self)
        return {part: weight / self.total for part, weight in weights.items()}


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
WEIGHT_COLUMNS: tuple[str, ...] = tuple(f"{part}_weight" for part in PARTS)
"""The columns of a user's own weights in `user_preferences`."""


def own_weights(columns: Mapping[str, float | None]) -> dict[str, float]:
    """A user's own weights by part, from a row with `WEIGHT_COLUMNS`; a part without one has the deployment's."""
    found = zip(PARTS, (columns[name] for name in WEIGHT_COLUMNS), strict=True)
    return {part: float(weight) for part, weight in found if weight is not None}


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


# How much of its weight a part has whose fact was read from the ad's text. Chosen on 13 real CVs with 217 judged ads:
# a quarter orders as well as any other value below a half, and leaves most to the comparison of the texts.
READ_SHARE = np.float32(0.25)
FACT_PARTS = tuple(name for name in PARTS if name != "semantic")
"""The parts that compare facts; the semantic part compares texts and has the weight that the others leave."""
# Without half of the weight stated by the vendor, no score makes a match urgent.
HIGH_FROM, _MEDIUM_FROM, _HIGH_STATED = 85, 70, 50
_EXACT_DIGITS = 2


class Totals(NamedTuple):
    """Scores of pairs and how sure they are; arrays of one shape.

    Attributes:
        exact: 0..100 with two decimals; NaN where nothing is known.
        stated: percent of the weight of the fact parts that rests on what the vendor states.
        read: percent that rests on what was read from the ad's text. The rest is unknown.
    """

    exact: NDArray[np.float32]
    stated: NDArray[np.int16]
    read: NDArray[np.int16]


def weighted_scores(
    parts: Mapping[str, NDArray[np.int16]],
    semantic: NDArray[np.float32],
    is_read: Mapping[str, NDArray[np.bool_]],
    weights: Weights | Sequence[Weights],
) -> Totals:
    """Weighted means of the parts. What a fact part does not use of its weight goes to the semantic part.

    A stated fact has its whole weight, a fact that was read from the ad a quarter of it, an unknown one none.

    Args:
        parts: scores of the fact parts by name, arrays of one shape; negative where unknown.
        semantic: scores of the texts, 0..100, not rounded; NaN where they are not compared: then the weights of the
            known parts are scaled up.
        is_read: by name of the part, whether its fact was read from the ad's text; shape of the last axis.
        weights: of the parts; a sequence has those of each row.
    """
    points, stated, known_weight = (np.zeros(semantic.shape, np.float32) for _ in range(3))
    for name in FACT_PARTS:
        weight, known = _of_each(weights, operator.attrgetter(name)), parts[name] >= 0
        points += np.maximum(parts[name], np.int16(0)) * np.where(is_read[name], READ_SHARE * weight, weight)
        stated += known * np.where(is_read[name], np.float32(0), weight)
        known_weight += known * weight
    used = stated + READ_SHARE * (known_weight - stated)
    compared, total = ~np.isnan(semantic), _of_each(weights, operator.attrgetter("total"))
    rest = np.where(compared, np.maximum(total - used, np.float32(0)), np.float32(0))
    points += np.where(compared, semantic, np.float32(0)) * rest
    with np.errstate(invalid="ignore", divide="ignore"):
        exact = np.round(points / (used + rest), _EXACT_DIGITS).astype(np.float32)
    facts = _of_each(weights, _weight_of_facts)
    return Totals(exact, _percent(stated, facts), _percent(known_weight - stated, facts))


def rounded(exact: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores as whole numbers, half up; NaN stays."""
    found: NDArray[np.float32] = np.floor(exact + np.float32(0.5))
    return found


def priority(score: int | None, stated: int = 100) -> str | None:
    """High from 85 where at least half of the weight is stated, else medium from 70, else low; None without a score.

    Args:
        score: 0..100.
        stated: percent of the weight that rests on what the vendor states; Claude's own score needs none.
    """
    if score is None:
        return None
    if score >= HIGH_FROM and stated >= _HIGH_STATED:
        return "high"
    return "medium" if score >= _MEDIUM_FROM else "low"


def _of_each(
    weights: Weights | Sequence[Weights], number: Callable[[Weights], float]
) -> np.float32 | NDArray[np.float32]:
    """A number of the weights: one for all rows, or a column of one for each row."""
    if isinstance(weights, Weights):
        return np.float32(number(weights))
    return np.array([number(of_row) for of_row in weights], np.float32)[:, None]


def _weight_of_facts(weights: Weights) -> float:
    return float(np.float32(sum(getattr(weights, name) for name in FACT_PARTS))) or 1.0


def _percent(weight: NDArray[np.float32], total: np.float32 | NDArray[np.float32]) -> NDArray[np.int16]:
    found: NDArray[np.int16] = np.floor(100 * weight / total + np.float32(0.5)).astype(np.int16)
    return found
