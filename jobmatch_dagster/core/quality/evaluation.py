"""How good a ranking is, how far scores agree, the BM25 baseline, and the project's own labelled pairs.

Put here measures over plain lists. What is ranked, and by which engine, belongs to the caller.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.posting import Posting

# Labels of a pair, from "no" to "same occupation, level and most skills".
NO_FIT, STRETCH, GOOD_FIT, BEST_FIT = range(4)
# From this label on a posting counts as relevant where a measure knows only yes and no.
RELEVANT_FROM = GOOD_FIT

# Fewer points say nothing about a correlation.
_MIN_CORRELATED_PAIRS = 3
# Words keep + and # and inner dots, so that C++, C# and .NET-like names stay themselves.
_WORD = re.compile(r"\w[\w+#]*(?:\.\w[\w+#]*)*")
_LABELLED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RankingQuality:
    """Means over queries; None where no query had anything relevant."""

    ndcg_at_10: float | None
    precision_at_10: float | None
    recall_at_10: float | None
    mean_reciprocal_rank: float | None
    queries: int


@dataclass(frozen=True)
class Agreement:
    """How far two scores of the same pairs agree; shares are 0 to 1, None when no pair has both scores."""

    pairs: int
    close: float | None
    apart: float | None
    spearman: float | None
    worst: tuple[int, ...]


@dataclass(frozen=True)
class LabelledCv:
    """A fictional CV, written for the project."""

    key: str
    language: str
    field: str
    text: str


@dataclass(frozen=True)
class LabelledPair:
    """One judgement: how well the posting fits the CV, 0..3, and why."""

    cv: str
    posting: str
    label: int
    why: str


@dataclass(frozen=True)
class LabelledPairs:
    """CVs and postings by key, and the judgements on their pairs. One person wrote and labelled them."""

    cvs: Mapping[str, LabelledCv]
    postings: Mapping[str, Posting]
    pairs: Sequence[LabelledPair]

    def labels(self, cv: str) -> dict[str, int]:
        """Labels of one CV by posting."""
        return {pair.posting: pair.label for pair in self.pairs if pair.cv == cv}


def ndcg_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002; gain 2^label - 1, Burges 2005).

    Args:
        labels: labels of every judged posting, in the order of the ranking, best first.
        k: how far down the list is looked.

    Returns:
        0 to 1, or None when nothing has a label above 0.
    """
    ideal = _discounted_gain(sorted(labels, reverse=True)[:k])
    return _discounted_gain(labels[:k]) / ideal if ideal else None


def precision_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Share of the first k that is relevant (of all, where there are fewer); None for an empty ranking."""
    first = labels[:k]
    return _relevant(first) / len(first) if first else None


def recall_at(labels: Sequence[int], k: int = 10) -> float | None:
    """Share of the relevant ones that is among the first k; None when nothing is relevant."""
    relevant = _relevant(labels)
    return _relevant(labels[:k]) / relevant if relevant else None


def reciprocal_rank(labels: Sequence[int]) -> float | None:
    """1 / rank of the first relevant one; None when nothing is relevant."""
    return next((1 / rank for rank, label in enumerate(labels, 1) if label >= RELEVANT_FROM), None)


def ranking_quality(rankings: Iterable[Sequence[int]]) -> RankingQuality:
    """Mean quality of rankings, each the labels of every judged posting, best first.

    A query without anything relevant says nothing on a ranking and is left out of all means.
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
    """Labels in the order of the scores, best first; ties by key, postings without a score last."""
    return [labels[key] for key in sorted(labels, key=lambda key: (-_or_lowest(scores.get(key)), key))]


def spearman(left: Sequence[float | None], right: Sequence[float | None]) -> float | None:
    """Spearman's rank correlation over the pairs where both are known, -1 to 1.

    None for fewer than three such pairs, or when one side is the same everywhere.

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
    """How far two scores (0..100) of the same pairs agree.

    Args:
        left: one score for each pair; None where unknown.
        right: the other score.
        within: difference up to which two scores count as close.
        apart: difference from which they count as apart.
        worst: how many places of pairs that are apart to give, the farthest first.

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
    """Share of each vector's k nearest that two sets of unit vectors (n, d) of the same texts have in common."""
    nearest = [np.argsort(-(vectors @ vectors.T), axis=1)[:, :k] for vectors in (left, right)]
    return fmean(len(set(a) & set(b)) / len(a) for a, b in zip(*(n.tolist() for n in nearest), strict=True))


def separation(scores: Sequence[float | None], liked: Sequence[bool]) -> float | None:
    """Chance that a liked pair has a higher score than another (area under the ROC curve); 0.5 tells nothing.

    None when one of the two groups has no known score.

    Raises:
        ValueError: if the lists differ in length.
    """
    from scipy.stats import rankdata

    known = [(score, like) for score, like in zip(scores, liked, strict=True) if score is not None]
    good = sum(like for _, like in known)
    if not 0 < good < len(known):
        return None
    ranks = rankdata([score for score, _ in known])
    held = sum(rank for rank, (_, like) in zip(ranks, known, strict=True) if like)
    return float((held - good * (good + 1) / 2) / (good * (len(known) - good)))


class Bm25:
    """The lexical baseline: BM25 (Lucene's form, k1 = 1.5, b = 0.75) over a fixed set of documents."""

    def __init__(self, documents: Sequence[str]) -> None:
        from bm25s import BM25

        tokens = [words(document) for document in documents]
        self._count = len(documents)
        # The library cannot index a corpus without a single word; every score is 0 then.
        self._index = BM25() if any(tokens) else None
        if self._index:
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Scores of shape (documents,), 0 where no word is shared. A word of the query counts once."""
        tokens = sorted(set(words(query)))
        if not (self._index and tokens):
            return np.zeros(self._count, np.float32)
        return np.asarray(self._index.get_scores(tokens), np.float32)


def words(text: str) -> list[str]:
    """Words of a text without case; "C++", "C#" and "node.js" are one word each."""
    return _WORD.findall(text.casefold())


@cache
def load_labelled_pairs() -> LabelledPairs:
    """The CV-posting pairs that the project wrote and labelled itself (`data/labelled_pairs.jsonl`).

    Raises:
        ValueError: if a line does not make sense; the message names it.
    """
    path = resources.files("jobmatch_dagster.core.quality") / "data" / "labelled_pairs.jsonl"
    return parse_labelled_pairs(path.read_text(encoding="utf-8").splitlines())


def parse_labelled_pairs(lines: Iterable[str]) -> LabelledPairs:
    """Read lines of JSON, each a CV, a posting or a pair (`kind` says which).

    Raises:
        ValueError: if a line does not make sense; the message names it.
    """
    cvs: dict[str, LabelledCv] = {}
    postings: dict[str, Posting] = {}
    pairs: dict[tuple[str, str], LabelledPair] = {}
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            kind = record.pop("kind")
            if kind == "cv":
                cvs[record["key"]] = LabelledCv(**record)
            elif kind == "posting":
                postings[record["external_id"]] = _posting(record)
            else:
                pair = LabelledPair(**record)
                _check(pair, cvs, postings, pairs)
                pairs[pair.cv, pair.posting] = pair
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"Line {number} of the labelled pairs makes no sense: {error!r}") from error
    return LabelledPairs(cvs, postings, list(pairs.values()))


def _check(
    pair: LabelledPair, cvs: Mapping[str, Any], postings: Mapping[str, Any], pairs: Mapping[tuple[str, str], Any]
) -> None:
    if pair.cv not in cvs or pair.posting not in postings:
        raise ValueError("its CV or posting does not stand above it")
    if (pair.cv, pair.posting) in pairs:
        raise ValueError("the pair was labelled before")
    if pair.label not in range(NO_FIT, BEST_FIT + 1):
        raise ValueError("the label is not 0, 1, 2 or 3")


def _posting(record: dict[str, Any]) -> Posting:
    address = f"https://jobs.example.com/{record['external_id']}"
    return Posting(url=address, date_created=_LABELLED_AT, **record)


def _discounted_gain(labels: Sequence[int]) -> float:
    return sum(float(2**label - 1) / math.log2(rank + 1) for rank, label in enumerate(labels, 1))


def _relevant(labels: Sequence[int]) -> int:
    return sum(label >= RELEVANT_FROM for label in labels)


def _known(left: Sequence[float | None], right: Sequence[float | None]) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]


def _or_lowest(score: float | None) -> float:
    return -math.inf if score is None else score


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
