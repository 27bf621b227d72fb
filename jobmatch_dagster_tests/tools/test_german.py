"""The German evaluation set and the tool that ranks encoders on it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jobmatch_dagster.core.quality.evaluation import ndcg_at, ranked_labels
from jobmatch_dagster.pipeline.quality.real_data import read_ads
from tools.german import (
    SET,
    Embedder,
    ad_key,
    judged_ads,
    minilm,
    ndcg_by_cv,
    read_cvs,
    read_labels,
    score,
    table_of,
)

_ADS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "job_ads"
needs_ads = pytest.mark.skipif(not _ADS.is_dir(), reason="the real German ads are not on this machine")


def test_labels_name_cvs_of_the_set_once() -> None:
    cvs, labels = read_cvs(), read_labels()
    lines = (SET / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(labels) >= 200
    assert {cv for cv, _ in labels} == set(range(len(cvs)))
    assert set(Counter(labels.values())) == {0, 1, 2}
    assert len(set(cvs)) == len(cvs) >= 40


@needs_ads
def test_every_label_has_its_ad() -> None:
    labels = read_labels()
    assert {ad_key(ad) for ad in judged_ads(_ADS, labels)} == {ad for _, ad in labels}


@needs_ads
def test_the_set_has_no_text_of_an_ad() -> None:
    cvs = " ".join(" ".join(read_cvs()).casefold().split())
    for ad in read_ads(_ADS):
        words = (ad.description or "").casefold().split()
        assert not any(" ".join(words[place : place + 8]) in cvs for place in range(len(words) - 7)), ad.external_id


@needs_ads
@pytest.mark.nightly
def test_german_order_beats_words_and_chance() -> None:
    labels = read_labels()
    ads = judged_ads(_ADS, labels)
    keys = [ad_key(ad) for ad in ads]
    found = {
        name: np.mean(list(ndcg_by_cv(table, keys, labels).values()))
        for name, table in score(read_cvs(), ads, minilm()).items()
    }
    assert found["match_score"] >= 0.70
    assert found["match_score"] > found["bm25"]


def test_ndcg_is_of_the_judged_ads_alone() -> None:
    labels = {(0, "good"): 2, (0, "plausible"): 1, (0, "none"): 0, (1, "none"): 0}
    scores = np.array([[0.1, 0.9, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    expected = ndcg_at(ranked_labels({"a": 3, "b": 2, "c": 1}, {"a": 1, "b": 0, "c": 2}))
    assert ndcg_by_cv(scores, ["good", "plausible", "none", "not judged"], labels) == {0: expected}


def test_a_text_of_two_lines_is_the_mean_of_both() -> None:
    vectors = {"head": [1.0, 0.0], "body": [0.0, 1.0]}
    embedder = Embedder(lambda lines: np.array([vectors[line] for line in lines], np.float32))
    assert embedder.encode(["head\nbody", "body"]).vectors == pytest.approx(np.array([[0.5**0.5] * 2, [0, 1]]))
    assert embedder.texts == 2


def test_the_table_compares_with_the_packaged_model() -> None:
    def values(first: float) -> dict[str, object]:
        ndcg = {method: {"0": first, "1": first, "2": first} for method in ("match_score", "lens", "bm25")}
        return {"ndcg": ndcg, "texts_per_second": 12.3, "memory_mib": 456.7}

    rows = table_of({"minilm": values(0.5), "other": values(0.6)})
    assert "| minilm | match_score | 0.500 | 0.500 to 0.500 | - | 12 | 457 |" in rows
    assert "| other | lens | 0.600 | 0.600 to 0.600 | +0.100 (+0.100 to +0.100) | 12 | 457 |" in rows
