"""Claude's scores against `match_score`, where both exist: agreement, bands, drift by model, prompt and week."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, quantiles

from jobmatch_dagster.core.matching.scoring import HIGH_FROM
from jobmatch_dagster.core.quality.agreement import spearman

MIN_ANSWERS = 20
"""With fewer answers a mean says nothing."""
_BANDS = (0, 50, 70, 85)
_WEEK, _WEEKS_BEFORE = timedelta(days=7), timedelta(days=35)
_RESAMPLES, _SEED = 200, 16


@dataclass(frozen=True)
class Answer:
    """One pair with an answer.

    Attributes:
        user_id: `users.id`.
        match_score: the weighted score, 0..100.
        claude_score: Claude's, 0..100.
        made_with: model and version of the prompt.
        answered_at: when the answer arrived; None is unknown.
    """

    user_id: int
    match_score: int
    claude_score: int
    made_with: str
    answered_at: datetime | None

    @property
    def difference(self) -> int:
        """Claude's score less ours."""
        return self.claude_score - self.match_score


@dataclass(frozen=True)
class Band:
    """Claude's scores of the pairs whose `match_score` is `low` or more, up to the next band; None without enough."""

    low: int
    answers: int
    quartiles: tuple[float, float, float] | None
    difference: float | None


@dataclass(frozen=True)
class Difference:
    """Mean of Claude's score less ours in one group of answers; None where it has fewer than `MIN_ANSWERS`."""

    group: str
    answers: int
    mean: float | None


@dataclass(frozen=True)
class ClaudeCalibration:
    """What the answers say of the scores.

    Attributes:
        answers: pairs with both scores.
        spearman: rank correlation of the two; None with fewer than `MIN_ANSWERS`. `interval` is its 95 % interval by
            resampling users; None for fewer than two users.
        same_side: share of the pairs that both or neither call high.
        bands: Claude's scores by band of ours.
        groups: the difference by model and prompt, and in the newest week and the four weeks before it.
        drift: how far the newest week is from the weeks before, in points; None where one of them is unknown.
    """

    answers: int
    spearman: float | None
    interval: tuple[float, float] | None
    same_side: float | None
    bands: Sequence[Band]
    groups: Sequence[Difference]
    drift: float | None


def calibrate_claude(answers: Sequence[Answer]) -> ClaudeCalibration:
    """Compare both scores. The newest week ends with the newest answer, so that the same answers give the same."""
    enough = len(answers) >= MIN_ANSWERS
    times = [answer.answered_at for answer in answers if answer.answered_at is not None]
    newest = max(times, default=None)
    week = _between(answers, newest, timedelta(0), _WEEK)
    before = _between(answers, newest, _WEEK, _WEEKS_BEFORE)
    weeks = [_difference("newest week", week), _difference("the four weeks before", before)]
    drift = None if weeks[0].mean is None or weeks[1].mean is None else weeks[0].mean - weeks[1].mean
    return ClaudeCalibration(
        answers=len(answers),
        spearman=_correlation(answers) if enough else None,
        interval=_interval(answers) if enough else None,
        same_side=fmean(_high(a.match_score) == _high(a.claude_score) for a in answers) if enough else None,
        bands=[
            _band(low, [a for a in answers if low <= a.match_score < high])
            for low, high in zip(_BANDS, (*_BANDS[1:], 101), strict=True)
        ],
        groups=[
            *(
                _difference(name, [a for a in answers if a.made_with == name])
                for name in sorted({a.made_with for a in answers})
            ),
            *weeks,
        ],
        drift=drift,
    )


def _between(answers: Iterable[Answer], end: datetime | None, youngest: timedelta, oldest: timedelta) -> list[Answer]:
    """Answers of an age from `youngest` to below `oldest` at `end`."""
    return [
        answer
        for answer in answers
        if end is not None and answer.answered_at is not None and youngest <= end - answer.answered_at < oldest
    ]


def _difference(group: str, answers: Sequence[Answer]) -> Difference:
    mean = fmean(answer.difference for answer in answers) if len(answers) >= MIN_ANSWERS else None
    return Difference(group, len(answers), mean)


def _band(low: int, answers: Sequence[Answer]) -> Band:
    if len(answers) < MIN_ANSWERS:
        return Band(low, len(answers), None, None)
    first, middle, third = quantiles((answer.claude_score for answer in answers), n=4, method="inclusive")
    return Band(low, len(answers), (first, middle, third), fmean(answer.difference for answer in answers))


def _interval(answers: Sequence[Answer]) -> tuple[float, float] | None:
    by_user: dict[int, list[Answer]] = {}
    for answer in answers:
        by_user.setdefault(answer.user_id, []).append(answer)
    if len(by_user) == 1:
        return None
    users = [by_user[user] for user in sorted(by_user)]
    draw = random.Random(_SEED)  # noqa: S311 (a sample, no secret)
    samples = (
        _correlation([answer for user in draw.choices(users, k=len(users)) for answer in user])
        for _ in range(_RESAMPLES)
    )
    known = [value for value in samples if value is not None]
    if len(known) < _RESAMPLES // 2:
        return None
    cuts = quantiles(known, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def _correlation(answers: Sequence[Answer]) -> float | None:
    return spearman([answer.match_score for answer in answers], [answer.claude_score for answer in answers])


def _high(score: int) -> bool:
    return score >= HIGH_FROM
