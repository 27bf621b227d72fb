"""How far two scores of the same pairs agree, and how well a score separates liked pairs from others."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

# Fewer points say nothing about a correlation.
_MIN_CORRELATED_PAIRS = 3


@dataclass(frozen=True)
class Agreement:
    """Agreement of two scores on the pairs that have both.

    `close` and `apart` are shares, 0 to 1; None if no pair has both scores. `worst` has the places of the pairs that
    are furthest apart.
    """

    pairs: int
    close: float | None
    apart: float | None
    spearman: float | None
    worst: tuple[int, ...]


def spearman(left: Sequence[float | None], right: Sequence[float | None]) -> float | None:
    """Spearman's rank correlation over the pairs in which both values are known, -1 to 1.

    None for fewer than three such pairs, or if one side has only one value.

    Raises:
        ValueError: if the lists differ in length.
    """
    from scipy.stats import spearmanr

    known = _known(left, right)
    if len(known) < _MIN_CORRELATED_PAIRS or any(len(set(side)) == 1 for side in zip(*known, strict=True)):
        return None
    return float(spearmanr([a for a, _ in known], [b for _, b in known]).statistic)


def agreement(
    left: Sequence[float | None],
    right: Sequence[float | None],
    *,
    within: float = 10,
    apart: float = 20,
    worst: int = 10,
) -> Agreement:
    """Compare two scores (0 to 100) of the same pairs.

    Args:
        left: one score for each pair; None where it is unknown.
        right: the other score.
        within: largest difference of scores that count as close.
        apart: smallest difference of scores that count as apart.
        worst: most places of pairs to return, those with the largest difference first.

    Raises:
        ValueError: if the lists differ in length.
    """
    gaps = {
        place: abs(a - b)
        for place, (a, b) in enumerate(zip(left, right, strict=True))
        if a is not None and b is not None
    }
    far = sorted((place for place, gap in gaps.items() if gap >= apart), key=lambda place: (-gaps[place], place))
    return Agreement(
        pairs=len(gaps),
        close=sum(gap <= within for gap in gaps.values()) / len(gaps) if gaps else None,
        apart=len(far) / len(gaps) if gaps else None,
        spearman=spearman(left, right),
        worst=tuple(far[:worst]),
    )


def top_overlap(left: NDArray[np.float32], right: NDArray[np.float32], k: int = 100) -> float:
    """Mean share of the k nearest neighbours that two sets of unit vectors (n, d) of the same texts have in common."""
    nearest = [np.argsort(-(vectors @ vectors.T), axis=1)[:, :k] for vectors in (left, right)]
    return fmean(len(set(a) & set(b)) / len(a) for a, b in zip(*(n.tolist() for n in nearest), strict=True))


def separation(scores: Sequence[float | None], liked: Sequence[bool]) -> float | None:
    """Probability that a liked pair has a higher score than another one (area under the ROC curve).

    0.5 means no separation; None if one of the two groups has no known score.

    Raises:
        ValueError: if the lists differ in length.
    """
    from scipy.stats import rankdata

    known = [(score, like) for score, like in zip(scores, liked, strict=True) if score is not None]
    good = sum(like for _, like in known)
    if not 0 < good < len(known):
        return None
    ranks = rankdata([score for score, _ in known])
    rank_sum = sum(rank for rank, (_, like) in zip(ranks, known, strict=True) if like)
    return float((rank_sum - good * (good + 1) / 2) / (good * (len(known) - good)))


def _known(left: Sequence[float | None], right: Sequence[float | None]) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
