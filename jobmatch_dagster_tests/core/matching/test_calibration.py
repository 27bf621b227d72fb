"""From cosine to score."""

import numpy as np
import pytest

from jobmatch_dagster.core.matching.calibration import MIN_PAIRS, Calibration, fit_knots, fit_lens


def test_a_fitted_calibration_spreads_the_pairs_as_it_says() -> None:
    similarities = np.random.default_rng(1).normal(0.25, 0.1, 20_000).astype(np.float32)
    scores = Calibration(fit_knots(similarities)).score(similarities)
    assert abs((scores >= 50).mean() - 0.15) < 0.01
    assert abs((scores >= 80).mean() - 0.01) < 0.005
    assert scores.min() == 0
    assert scores.max() == 100
    with pytest.raises(ValueError, match="too few to calibrate on"):
        fit_knots(similarities[: MIN_PAIRS - 1])


def test_a_lens_takes_off_the_mean_and_the_widest_direction() -> None:
    rng = np.random.default_rng(2)
    language = np.zeros(16)
    language[3] = 1
    # What all share, a wide difference along one direction, and little of their own.
    vectors = 0.8 + rng.choice([-1, 1], (400, 1)) * language + 0.2 * rng.normal(size=(400, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    lens = fit_lens(vectors)
    assert abs(lens.direction[3]) > 0.9
    assert np.allclose(lens.mean, vectors.mean(axis=0), atol=1e-6)
