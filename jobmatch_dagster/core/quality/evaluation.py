"""How good a ranking is: NDCG, precision, recall and reciprocal rank of labelled postings."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

# Labels of a pair, from "does not fit" to "same occupation, same level, most skills".
NO_FIT, STRETCH, GOOD_FIT, BEST_FIT = range(4)
# Measures that know only yes and no count a posting as relevant from this label on.
RELEVANT_FROM = GOOD_FIT


@dataclass(frozen=True)
class RankingQuality:
    """Means over queries; None if no query has a relevant posting."""

    ndcg_at_10: float | None
    precision_at_10: float | None
    recall_at_10: float | None
    mean_reciprocal_rank: float | None
    queries: int


def ndcg_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002; gain 2^label - 1, Burges 2005).

    Args:
        labels: labels of all judged postings, in the order of the ranking, best first.
        k: number of postings that count.

    Returns:
        0 to 1, or None if no label is above 0.
    """
    ideal = _discounted_gain(sorted(labels, reverse=True)[:k])
    return _discounted_gain(labels[:k]) / ideal if ideal else None


def precision_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Share of relevant postings among the first k, or among all if there are fewer; None for an empty ranking."""
    first = labels[:k]
    return _relevant(first) / len(first) if first else None


def recall_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Share of the relevant postings that are among the first k; None if nothing is relevant."""
    relevant = _relevant(labels)
    return _relevant(labels[:k]) / relevant if relevant else None


def reciprocal_rank(labels: Sequence[int]) -> float | None:
    """1 / rank of the first relevant posting; None if nothing is relevant."""
    return next((1 / rank for rank, label in enumerate(labels, 1) if label >= RELEVANT_FROM), None)


def ranking_quality(rankings: Iterable[Sequence[int]]) -> RankingQuality:
    """Mean quality of rankings.

    Args:
        rankings: for each query the labels of all judged postings, best first. Queries without a relevant posting say
            nothing about a ranking and are left out.
    """
    judged = [labels for labels in rankings if _relevant(labels)]
    return RankingQuality(
        ndcg_at_10=_mean(ndcg_at(labels) for labels in judged),
        precision_at_10=_mean(precision_at(labels) for labels in judged),
        recall_at_10=_mean(recall_at(labels) for labels in judged),
        mean_reciprocal_rank=_mean(reciprocal_rank(labels) for labels in judged),
        queries=len(judged),
    )


def ranked_labels(scores: Mapping[str, float | None], labels: Mapping[str, int]) -> list[int]:
    """Labels ordered by score, best first; ties are ordered by key, postings without a score come last."""
    return [labels[key] for key in sorted(labels, key=lambda key: (-_or_lowest(scores.get(key)), key))]


def _discounted_gain(labels: Sequence[int]) -> float:
    return sum(float(2**label - 1) / math.log2(rank + 1) for rank, label in enumerate(labels, 1))


def _relevant(labels: Sequence[int]) -> int:
    return sum(label >= RELEVANT_FROM for label in labels)


def _or_lowest(score: float | None) -> float:
    return -math.inf if score is None else score


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
