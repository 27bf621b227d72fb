"""How well the order of a user's list agrees with the user's own answers (saved, applied or rejected)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from jobmatch_dagster.core.quality.agreement import separation
from jobmatch_dagster.core.quality.evaluation import ndcg_at
from jobmatch_dagster.core.quality.judged import bootstrap_interval

# Fewer liked or rejected postings of a user say nothing about the order of the list.
MIN_OF_EACH = 3
_CUT = 10


@dataclass(frozen=True)
class UserAnswer:
    """A posting that a user answered: the score that orders the list, and whether it was saved or applied for."""

    user_id: int
    score: float
    liked: bool


@dataclass(frozen=True)
class UserAgreement:
    """One user's answers against the order of the list.

    `ndcg_at_10` and `agreement` (the chance that a liked posting scores above a rejected one) are None below
    `MIN_OF_EACH` of both. `chance_ndcg_at_10` is what a random order of the same answers gives on average.
    """

    user_id: int
    liked: int
    rejected: int
    ndcg_at_10: float | None
    chance_ndcg_at_10: float | None
    agreement: float | None


@dataclass(frozen=True)
class AnswerQuality:
    """Means over the users with enough answers, and 95 % intervals over these users; None where unknown.

    `users` has all who answered, the lowest agreement first and those with too few answers last.
    """

    answers: int
    users: Sequence[UserAgreement]
    users_measured: int
    ndcg_at_10: float | None
    ndcg_interval: tuple[float, float] | None
    chance_ndcg_at_10: float | None
    agreement: float | None
    agreement_interval: tuple[float, float] | None


def measure_answers(answers: Sequence[UserAnswer]) -> AnswerQuality:
    """Compare the answers of each user with the scores of the answered postings, whatever their order."""
    by_user: dict[int, list[UserAnswer]] = {}
    for answer in answers:
        by_user.setdefault(answer.user_id, []).append(answer)
    users = sorted((_user_agreement(user_id, found) for user_id, found in by_user.items()), key=_least_agreement_first)
    ndcg = [user.ndcg_at_10 for user in users if user.ndcg_at_10 is not None]
    chance = [user.chance_ndcg_at_10 for user in users if user.chance_ndcg_at_10 is not None]
    agreement = [user.agreement for user in users if user.agreement is not None]
    return AnswerQuality(
        answers=len(answers),
        users=users,
        users_measured=len(ndcg),
        ndcg_at_10=fmean(ndcg) if ndcg else None,
        ndcg_interval=bootstrap_interval(ndcg),
        chance_ndcg_at_10=fmean(chance) if chance else None,
        agreement=fmean(agreement) if agreement else None,
        agreement_interval=bootstrap_interval(agreement),
    )


def _user_agreement(user_id: int, answers: Sequence[UserAnswer]) -> UserAgreement:
    liked = sum(answer.liked for answer in answers)
    rejected = len(answers) - liked
    if min(liked, rejected) < MIN_OF_EACH:
        return UserAgreement(user_id, liked, rejected, None, None, None)
    # Among equal scores the rejected ones come first: a score that separates nothing earns nothing.
    ranking = sorted(answers, key=lambda answer: (-answer.score, answer.liked))
    return UserAgreement(
        user_id=user_id,
        liked=liked,
        rejected=rejected,
        ndcg_at_10=ndcg_at([int(answer.liked) for answer in ranking], _CUT),
        chance_ndcg_at_10=_chance_ndcg(liked, len(answers)),
        agreement=separation([answer.score for answer in answers], [answer.liked for answer in answers]),
    )


def _chance_ndcg(liked: int, answers: int) -> float:
    """Mean NDCG over all orders: a liked posting is as likely at every rank."""
    return liked / answers * _discounts(min(answers, _CUT)) / _discounts(min(liked, _CUT))


def _discounts(ranks: int) -> float:
    return sum(1 / math.log2(rank + 1) for rank in range(1, ranks + 1))


def _least_agreement_first(user: UserAgreement) -> tuple[float, int]:
    return math.inf if user.agreement is None else user.agreement, user.user_id
