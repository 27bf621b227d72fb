"""The order of lists against users' answers: measures, what is unknown, what chance gives."""

import itertools
import random
from statistics import fmean

import pytest

from jobmatch_dagster.core.quality.evaluation import ndcg_at
from jobmatch_dagster.core.quality.user_answers import MIN_OF_EACH, UserAnswer, measure_answers


def _answers(liked: list[float], rejected: list[float], user_id: int = 1) -> list[UserAnswer]:
    return [UserAnswer(user_id, score, True) for score in liked] + [
        UserAnswer(user_id, score, False) for score in rejected
    ]


def test_answers_by_hand() -> None:
    answers = _answers([90, 70, 50], [80, 40, 30])
    found = measure_answers(answers)
    assert found.ndcg_at_10 == pytest.approx(ndcg_at([1, 0, 1, 1, 0, 0]))
    assert found.agreement == pytest.approx(7 / 9)
    assert (found.answers, found.users_measured) == (6, 1)
    assert (found.ndcg_interval, found.agreement_interval) == (None, None), "one user gives no interval over users"
    assert measure_answers(answers[::-1]) == found


@pytest.mark.parametrize(("liked", "rejected"), [(0, 0), (0, 9), (9, 0), (MIN_OF_EACH - 1, 9), (9, MIN_OF_EACH - 1)])
def test_too_few_answers_are_unknown(liked: int, rejected: int) -> None:
    found = measure_answers(_answers([80.0] * liked, [20.0] * rejected))
    assert (found.answers, found.users_measured) == (liked + rejected, 0)
    assert (found.ndcg_at_10, found.chance_ndcg_at_10, found.agreement) == (None, None, None)
    assert (found.ndcg_interval, found.agreement_interval) == (None, None)
    assert [(user.liked, user.rejected, user.agreement) for user in found.users] == (
        [(liked, rejected, None)] if liked + rejected else []
    )


def test_equal_scores_earn_nothing() -> None:
    found = measure_answers(_answers([50.0] * 4, [50.0] * 20))
    assert found.agreement == pytest.approx(0.5)
    assert found.ndcg_at_10 == 0, "whatever the order of the rows"


@pytest.mark.parametrize(("liked", "rejected"), [(3, 3), (3, 4), (5, 3)])
def test_chance_is_the_mean_over_all_orders(liked: int, rejected: int) -> None:
    orders = set(itertools.permutations([1] * liked + [0] * rejected))
    expected = fmean(ndcg_at(order) or 0.0 for order in orders)
    found = measure_answers(_answers([50.0] * liked, [50.0] * rejected))
    assert found.chance_ndcg_at_10 == pytest.approx(expected)


def test_noise_is_within_chance_and_a_rule_is_above() -> None:
    draw = random.Random(3)  # noqa: S311
    scores = [(user, draw.uniform(30, 100)) for user in range(40) for _ in range(30)]
    noise = measure_answers([UserAnswer(user, score, draw.random() < 0.5) for user, score in scores])
    low, high = noise.agreement_interval or (1, 0)
    assert low < 0.5 < high
    rule = measure_answers([UserAnswer(user, score, score > 60) for user, score in scores])
    assert (rule.ndcg_at_10, rule.agreement, rule.users_measured) == (1, 1, 40)
    assert (rule.chance_ndcg_at_10 or 1) < 0.7


def test_the_lowest_agreement_comes_first() -> None:
    found = measure_answers(_answers([90] * 3, [10] * 3, 1) + _answers([90], [10], 2) + _answers([10] * 3, [90] * 3, 3))
    assert [user.user_id for user in found.users] == [3, 1, 2]
    assert found.agreement == pytest.approx(0.5)
