"""What each part of the score adds, measured with it and without it."""

import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.matching.scoring import PARTS, Weights
from jobmatch_dagster.pipeline.quality.ranking import ENGINE, measure_ablations, measure_labelled


def test_each_part_is_measured_with_and_without_it() -> None:
    embedder, weights = default_resources()["embedder"], Weights()
    found = {ablation.part: ablation for ablation in measure_ablations(embedder, DEFAULT_CALIBRATION, weights)}
    assert tuple(found) == tuple(PARTS)
    whole = measure_labelled(embedder, DEFAULT_CALIBRATION, weights)[ENGINE].ndcg_at_10
    for ablation in found.values():
        assert ablation.ndcg_at_10 + ablation.difference == pytest.approx(whole, abs=1e-6)
        low, high = ablation.interval or (1.0, 0.0)
        assert low <= ablation.difference <= high
    # Skills carry the order.
    assert max(found.values(), key=lambda ablation: ablation.difference).part == "skills"
