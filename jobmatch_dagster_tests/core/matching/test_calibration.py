"""From cosine to score."""

import numpy as np
import pytest

from jobmatch_dagster.core.matching.calibration import MIN_PAIRS, fit_calibration


def test_a_fitted_calibration_spreads_the_pairs_as_it_says() -> None:
    similarities = np.random.default_rng(1).normal(0.25, 0.1, 20_000).astype(np.float32)
    scores = fit_calibration(similarities).score(similarities)
    assert abs((scores >= 50).mean() - 0.15) < 0.01
    assert abs((scores >= 80).mean() - 0.01) < 0.005
    assert scores.min() == 0
    assert scores.max() == 100
    with pytest.raises(ValueError, match="too few to calibrate on"):
        fit_calibration(similarities[: MIN_PAIRS - 1])
