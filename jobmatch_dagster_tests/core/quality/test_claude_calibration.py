"""Claude's scores against ours: what is known, what too few answers leave open, what moved."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from jobmatch_dagster.core.quality.claude_calibration import MIN_ANSWERS, Answer, calibrate_claude

_NOW = datetime(2026, 11, 20, tzinfo=UTC)


def _answers(count: int, *, users: int = 4, off: int = 5, days: float = 0, made_with: str = "m, p") -> list[Answer]:
    return [
        Answer(place % users, score := 30 + place % 60, min(100, score + off), made_with, _NOW - timedelta(days=days))
        for place in range(count)
    ]


def test_scores_that_rise_together_agree() -> None:
    found = calibrate_claude(_answers(120))
    assert found.spearman == pytest.approx(1)
    assert found.interval == pytest.approx((1, 1))
    # 80 to 84 of ours are high with Claude's five points more.
    assert found.same_side == pytest.approx(1 - 10 / 120)
    assert [(band.low, band.answers) for band in found.bands] == [(0, 40), (50, 40), (70, 30), (85, 10)]
    assert found.bands[0].difference == pytest.approx(5)
    low, middle, high = found.bands[1].quartiles or (0, 0, 0)
    assert 55 <= low < middle < high <= 74


def test_too_few_answers_are_unknown() -> None:
    found = calibrate_claude(_answers(MIN_ANSWERS - 1))
    assert (found.answers, found.spearman, found.interval, found.same_side, found.drift) == (19, None, None, None, None)
    assert all(band.difference is None for band in found.bands)
    assert all(group.mean is None for group in found.groups)
    nothing = calibrate_claude([])
    assert (nothing.answers, nothing.spearman, nothing.drift) == (0, None, None)


def test_one_user_has_no_interval() -> None:
    found = calibrate_claude(_answers(100, users=1))
    assert found.spearman == pytest.approx(1)
    assert found.interval is None


def test_a_week_that_moved_and_what_moved_it() -> None:
    found = calibrate_claude(
        [*_answers(40, off=-8, made_with="new, p2"), *_answers(40, days=20), *_answers(40, days=60, off=50)]
    )
    assert found.drift == pytest.approx(-13)
    means = {group.group: group.mean for group in found.groups}
    assert means["new, p2"] == means["newest week"] == pytest.approx(-8)
    assert means["the four weeks before"] == pytest.approx(5)


def test_an_answer_of_unknown_time_is_in_no_week() -> None:
    timeless = [Answer(a.user_id, a.match_score, a.claude_score, a.made_with, None) for a in _answers(50)]
    found = calibrate_claude(timeless)
    assert (found.answers, found.drift) == (50, None)
    assert found.spearman == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_answers_is_no_matter(seed: int) -> None:
    answers = [
        *_answers(60), *_answers(40, days=12, off=-20),
    ]  # fmt: skip
    shuffled = random.Random(seed).sample(answers, len(answers))  # noqa: S311 (a sample)
    one, other = calibrate_claude(answers), calibrate_claude(shuffled)
    assert (one.spearman, one.same_side, one.drift) == pytest.approx((other.spearman, other.same_side, other.drift))
    assert one.bands == other.bands
