"""Measures of rankings and scores, on values computed by hand or by a definition."""

import math

import numpy as np
import pytest

from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, Calibration
from jobmatch_dagster.core.quality.agreement import agreement, separation, spearman, top_overlap
from jobmatch_dagster.core.quality.bm25 import Bm25, words
from jobmatch_dagster.core.quality.calibration_health import calibration_health
from jobmatch_dagster.core.quality.drift import score_drift
from jobmatch_dagster.core.quality.evaluation import (
    ndcg_at,
    precision_at,
    ranked_labels,
    ranking_quality,
    recall_at,
    reciprocal_rank,
)
from jobmatch_dagster.core.quality.labelled_pairs import load_labelled_pairs, parse_labelled_pairs


def test_ranking_measures_by_hand() -> None:
    labels = [1, 3, 0, 2]
    gain = 1 / math.log2(2) + 7 / math.log2(3) + 3 / math.log2(5)
    ideal = 7 / math.log2(2) + 3 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(labels) == pytest.approx(gain / ideal)
    assert ndcg_at([3, 2, 1, 0]) == 1
    assert (precision_at(labels, 2), recall_at(labels, 2), reciprocal_rank(labels)) == (0.5, 0.5, 0.5)


def test_ranking_measures_without_anything_relevant() -> None:
    assert (ndcg_at([0, 0]), recall_at([1, 0]), reciprocal_rank([1, 0]), precision_at([])) == (None, None, None, None)
    quality = ranking_quality([[0, 1], [2, 0]])
    assert (quality.queries, quality.mean_reciprocal_rank) == (1, 1)


def test_postings_without_a_score_rank_last() -> None:
    labels = {"a": 0, "b": 1, "c": 2, "d": 3}
    assert ranked_labels({"d": 0.1, "b": 0.9, "a": 0.9}, labels) == [0, 1, 3, 2]


def test_agreement_counts_close_and_distant_pairs() -> None:
    found = agreement([10, 50, 90, None], [15, 80, 30, 7])
    assert (found.pairs, found.close, found.apart, found.worst) == (3, 1 / 3, 2 / 3, (2, 1))
    assert spearman([1, 2, 3], [10, 20, 15]) == pytest.approx(0.5)
    assert spearman([1, 2, 3], [7, 7, 7]) is None


def test_separation_is_the_share_of_pairs_in_order() -> None:
    scores, liked = [1.0, 2.0, 3.0, 4.0, None], [False, True, False, True, True]
    assert separation(scores, liked) == pytest.approx(3 / 4)
    assert separation(scores, [True] * 5) is None


def test_top_overlap_of_equal_vectors_is_whole() -> None:
    vectors = np.eye(4, dtype=np.float32)
    assert top_overlap(vectors, vectors, k=2) == 1


def test_bm25_finds_the_document_with_the_rare_word() -> None:
    assert words("C++ and Node.js, C#") == ["c++", "and", "node.js", "c#"]
    scores = Bm25(["python and sql", "sql and java", "sql and go"]).scores("python")
    assert scores.argmax() == 0
    assert scores[1:].tolist() == [0, 0]
    assert Bm25(["", " "]).scores("python").tolist() == [0, 0]


def test_labelled_pairs_are_read_and_errors_name_their_line() -> None:
    pairs = load_labelled_pairs()
    assert all(pairs.labels(cv) for cv in pairs.cvs)
    with pytest.raises(ValueError, match="Line 1 of the labelled pairs is invalid"):
        parse_labelled_pairs(['{"kind": "pair", "cv": "x", "posting": "y", "label": 1, "why": "z"}'])


def test_drift_compares_the_newest_run_with_the_runs_before() -> None:
    before = [
        {"pairs_kept": 100.0, "match_score_p50": score, "semantic_score_p50": 40.0} for score in (48, 50, 52, 49, 51)
    ]
    newest = {"pairs_kept": 80.0, "match_score_p50": 70.0, "semantic_score_p50": 41.0}
    drift = score_drift([newest, *before])
    assert (drift.runs_compared, drift.pairs, dict(drift.points)) == (5, 80, {"match_score": 20, "semantic_score": 1})
    assert drift.is_within(20)
    assert not drift.is_within(19)


def test_drift_needs_five_runs_and_a_large_newest_one() -> None:
    run = {"pairs_kept": 100.0, "match_score_p50": 50.0, "semantic_score_p50": 40.0}
    assert score_drift([]).points == {}
    assert score_drift([run] * 5).points == {}
    small = score_drift([{**run, "pairs_kept": 3.0}, *[run] * 6])
    assert (small.pairs, small.points, small.runs_compared) == (0, {}, 6)


def test_calibration_that_falls_is_not_healthy() -> None:
    healthy = calibration_health(DEFAULT_CALIBRATION)
    assert (healthy.rises, healthy.in_range, healthy.points_from_packaged) == (True, True, 0)
    broken = calibration_health(Calibration(((0.0, 50), (0.5, 10), (0.9, 120))))
    assert (broken.rises, broken.in_range) == (False, False)
    assert broken.points_from_packaged == 50
