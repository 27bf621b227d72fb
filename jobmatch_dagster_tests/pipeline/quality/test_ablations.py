"""What each part of the score adds, measured with it and without it."""

import json
from pathlib import Path

import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.matching.scoring import PARTS, Weights
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.quality.ranking import ENGINE, measure_labelled
from jobmatch_dagster.pipeline.quality.real_data import measure_real
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV


def test_each_part_is_measured_with_and_without_it() -> None:
    measured = measure_labelled(default_resources()["embedder"], DEFAULT_CALIBRATION, Weights())
    found = {ablation.part: ablation for ablation in measured.ablations}
    assert tuple(found) == tuple(PARTS)
    whole = measured.by_method[ENGINE].ndcg_at_10
    for ablation in found.values():
        assert ablation.ndcg_at_10 + ablation.difference == pytest.approx(whole, abs=1e-6)
        low, high = ablation.interval or (1.0, 0.0)
        assert low <= ablation.difference <= high
    # Skills carry the order.
    assert max(found.values(), key=lambda ablation: ablation.difference).part == "skills"


def test_real_categories_are_ranked_with_and_without_a_part(tmp_path: Path) -> None:
    for folder in ("cvs", "job_ads"):
        (tmp_path / folder).mkdir()
    cvs = [{"category": "Care", "text": NURSE_CV}, {"category": "Engineering", "text": ENGINEER_CV}]
    (tmp_path / "cvs/resumes_by_category.jsonl").write_text("".join(json.dumps(cv) + "\n" for cv in cvs))
    patterns = {"_about": "invented", "Care": "pfleg|nurse", "Engineering": "engineer|entwickler|ingenieur"}
    (tmp_path / "cvs/relevance_patterns.json").write_text(json.dumps(patterns))
    ads = [
        {"source": "board", "source_id": ad["id"], "title": ad["title"], "company": ad["organization"],
         "description": ad["description_text"]}
        for ad in postings_of_hour(HOUR, count=40)
    ]  # fmt: skip
    (tmp_path / "job_ads/day.json").write_text(json.dumps({"jobs": ads}))
    measured = measure_real(tmp_path, default_resources()["embedder"], DEFAULT_CALIBRATION, Weights())
    assert {quality.field for quality in measured.fields} == {"Care", "Engineering"}
    ours = {quality.field: quality for quality in measured.fields if quality.method == ENGINE}
    whole = sum(quality.ndcg_at_10 for quality in ours.values()) / 2
    assert [ablation.part for ablation in measured.ablations] == list(PARTS)
    for ablation in measured.ablations:
        assert ablation.ndcg_at_10 + ablation.difference == pytest.approx(whole, abs=1e-6)


def test_without_real_data_nothing_is_measured(tmp_path: Path) -> None:
    measured = measure_real(tmp_path, default_resources()["embedder"], DEFAULT_CALIBRATION, Weights())
    assert (measured.numbers, measured.fields, measured.ablations) == ({}, [], [])
