"""How well scores agree with people's judgements of pairs: order, intervals, and what a high score is worth."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles

from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.core.quality.evaluation import GOOD_FIT, STRETCH, ndcg_at, ranked_labels

Pair = tuple[int, str]
"""Number of a CV and id of an ad."""
_RESAMPLES, _SEED = 1_000, 16
# Scores from which a person reads "good" and "very good".
HIGH_SCORES = (70, 80, 85)


@dataclass(frozen=True)
class PairScore:
    """The scores of one pair; None is unknown."""

    exact: float | None
    match: int | None
    semantic: int | None


@dataclass(frozen=True)
class HighScore:
    """Judged pairs with a score or a higher one: their number, and the shares judged plausible and good."""

    score: int
    pairs: int
    plausible: float | None
    good: float | None


@dataclass(frozen=True)
class Ablation:
    """The ranking without one part of the score.

    `difference` is what the part adds to NDCG at 10, a mean over CVs with its 95 % interval by resampling CVs.
    """

    part: str
    ndcg_at_10: float
    difference: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class JudgedQuality:
    """What judged pairs say of the scores.

    Attributes:
        cvs: CVs with a pair that is judged above 0.
        ndcg_at_10: mean over them of the order by score among the judged ads; `interval` is its 95 % interval by
            resampling CVs.
        high: what high scores are worth.
        asked_share: share of the pairs with a semantic score of 50 or more, which Claude is asked about; `asked_good`
            the share of the good pairs that is among them.
        ablations: what each part of the score adds to the order.
    """

    pairs: int
    cvs: int
    ndcg_at_10: float | None
    interval: tuple[float, float] | None
    high: Sequence[HighScore]
    asked_share: float | None
    asked_good: float | None
    ablations: Sequence[Ablation]


def measure_judged(
    labels: Mapping[Pair, int], scores: Mapping[Pair, PairScore], without: Mapping[str, Mapping[Pair, PairScore]]
) -> JudgedQuality:
    """Compare scores with labels: 0 no fit, 1 plausible, 2 and more good. A pair without a score is ranked last.

    Args:
        labels: the label of each judged pair.
        scores: what the pairs score.
        without: what they score when a part has no weight, by part.
    """
    found = _ndcg_by_cv(labels, scores)
    asked = {pair for pair in labels if _semantic(scores.get(pair)) >= CLAUDE_THRESHOLD}
    good = [pair for pair, label in labels.items() if label >= GOOD_FIT]
    return JudgedQuality(
        pairs=len(labels),
        cvs=len(found),
        ndcg_at_10=fmean(found) if found else None,
        interval=bootstrap_interval(found),
        high=[_high(score, labels, scores) for score in HIGH_SCORES],
        asked_share=len(asked) / len(labels) if labels else None,
        asked_good=len(asked.intersection(good)) / len(good) if good else None,
        ablations=[ablation(part, found, _ndcg_by_cv(labels, others)) for part, others in without.items()]
        if found
        else [],
    )


def ablation(part: str, whole: Sequence[float], without: Sequence[float]) -> Ablation:
    """What a part adds: NDCG at 10 of each CV, in the same order, with the part and without."""
    added = [one - other for one, other in zip(whole, without, strict=True)]
    return Ablation(part, fmean(without), fmean(added), bootstrap_interval(added))


def bootstrap_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean, by resampling the values; None for fewer than two. The same values give the same."""
    if len(values) < 2:
        return None
    draw = random.Random(_SEED)  # noqa: S311 (a sample, no secret)
    means = [fmean(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES)]
    cuts = quantiles(means, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def _ndcg_by_cv(labels: Mapping[Pair, int], scores: Mapping[Pair, PairScore]) -> list[float]:
    """NDCG at 10 of each CV with a pair that is judged above 0, in the order of the CVs."""
    by_cv: dict[int, dict[str, int]] = {}
    for (cv, ad), label in labels.items():
        by_cv.setdefault(cv, {})[ad] = label
    return [
        value
        for cv, judged in sorted(by_cv.items())
        if (value := ndcg_at(ranked_labels({ad: _exact(scores.get((cv, ad))) for ad in judged}, judged))) is not None
    ]


def _high(score: int, labels: Mapping[Pair, int], scores: Mapping[Pair, PairScore]) -> HighScore:
    found = [label for pair, label in labels.items() if _match(scores.get(pair)) >= score]
    return HighScore(score, len(found), _share(found, STRETCH), _share(found, GOOD_FIT))


def _share(labels: Iterable[int], least: int) -> float | None:
    values = [label >= least for label in labels]
    return fmean(values) if values else None


def _exact(found: PairScore | None) -> float | None:
    return found.exact if found else None


def _match(found: PairScore | None) -> int:
    return -1 if found is None or found.match is None else found.match


def _semantic(found: PairScore | None) -> int:
    return (found.semantic if found else None) or 0
