"""Scores against people's judgements; the ranking measure against scikit-learn's."""

import random

import numpy as np
import pytest

from jobmatch_dagster.core.quality.evaluation import ndcg_at
from jobmatch_dagster.core.quality.judged import PairScore, bootstrap_interval, measure_judged


@pytest.mark.parametrize("seed", range(25))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    from sklearn.metrics import ndcg_score

    draw = random.Random(seed)  # noqa: S311 (a sample)
    labels = [draw.choice((0, 0, 1, 2, 3)) for _ in range(draw.randint(2, 40))]
    expected = ndcg_score([[2**label - 1 for label in labels]], [list(range(len(labels), 0, -1))], k=10)
    assert (ndcg_at(labels) or 0.0) == pytest.approx(expected)


def test_a_perfect_order_is_one_and_a_high_score_is_worth_its_labels() -> None:
    labels = {(cv, str(ad)): label for cv in range(3) for ad, label in enumerate((2, 1, 0))}
    scores = {(cv, ad): PairScore(90.0 - 20 * int(ad), 90 - 20 * int(ad), 90 - 30 * int(ad)) for cv, ad in labels}
    found = measure_judged(labels, scores, {})
    assert (found.ndcg_at_10, found.interval, found.cvs, found.pairs) == (1.0, (1.0, 1.0), 3, 9)
    assert [(high.score, high.pairs, high.plausible, high.good) for high in found.high] == [
        (70, 6, 1.0, 0.5), (80, 3, 1.0, 1.0), (85, 3, 1.0, 1.0),
    ]  # fmt: skip
    assert (found.asked_share, found.asked_good) == (pytest.approx(2 / 3), 1.0)


def test_a_pair_without_a_score_is_last_and_unknown_is_no_score() -> None:
    labels = {(0, "a"): 2, (0, "b"): 0}
    found = measure_judged(labels, {(0, "b"): PairScore(10.0, 10, 10), (0, "a"): PairScore(None, None, None)}, {})
    assert found.ndcg_at_10 == pytest.approx(1 / np.log2(3))
    assert all(high.pairs == 0 and high.plausible is None for high in found.high)
    assert measure_judged({}, {}, {}).ndcg_at_10 is None


def test_an_interval_holds_the_mean_and_is_the_same_again() -> None:
    draw = random.Random(1)  # noqa: S311 (a sample)
    values = [draw.random() for _ in range(40)]
    low, high = bootstrap_interval(values) or (1.0, 0.0)
    assert low < sum(values) / 40 < high
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval([1.0]) is None


def test_a_part_adds_what_the_order_loses_without_it() -> None:
    labels = {(cv, ad): label for cv in range(4) for ad, label in (("a", 2), ("b", 0))}
    right = {(cv, ad): PairScore(80.0 if ad == "a" else 40.0, 80, 80) for cv, ad in labels}
    wrong = {pair: PairScore(-(score.exact or 0), 0, 0) for pair, score in right.items()}
    skills, semantic = measure_judged(labels, right, {"skills": wrong, "semantic": right}).ablations
    assert skills.difference == pytest.approx(1 - 1 / np.log2(3))
    assert skills.interval == pytest.approx((skills.difference, skills.difference))
    assert (semantic.part, semantic.difference, semantic.interval) == ("semantic", 0, (0, 0))
