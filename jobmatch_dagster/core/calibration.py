"""From cosine similarity to `semantic_score`.

A raw cosine means something else for every model. A calibration is data: points (cosine, score) with straight
lines between them. Put here how it is applied and fitted; where it is kept stands in `db/calibrations.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Share of all pairs of a mixed catalogue that lies below each score: a CV is of one field among a dozen, so
# most pairs are strangers. 50, where Claude begins to look, is then about the best tenth.
PERCENTILES: tuple[tuple[float, float], ...] = ((1, 0), (50, 25), (75, 37), (90, 50), (97, 70), (99.5, 85), (100, 100))
MIN_PAIRS = 1_000


@dataclass(frozen=True)
class Calibration:
    """Points (cosine, score), both increasing; scores 0..100."""

    knots: tuple[tuple[float, float], ...]

    def score(self, similarity: NDArray[np.float32]) -> NDArray[np.int16]:
        """Scores 0..100 of the same shape as the cosines."""
        cosines, scores = zip(*self.knots, strict=True)
        rounded: NDArray[np.int16] = np.floor(np.interp(similarity, cosines, scores) + 0.5).astype(np.int16)
        return rounded


def fit_calibration(similarities: NDArray[np.float32]) -> Calibration:
    """The calibration under which these pairs are spread as `PERCENTILES` says.

    Raises:
        ValueError: if there are fewer than `MIN_PAIRS` pairs: their percentiles would be chance.
    """
    if similarities.size < MIN_PAIRS:
        raise ValueError(f"{similarities.size} pairs are too few to calibrate on; {MIN_PAIRS} are needed")
    cosines = np.percentile(similarities, [percent for percent, _ in PERCENTILES])
    # Ties in the data must not make two points of one cosine.
    cosines = np.maximum.accumulate(cosines + np.arange(len(cosines)) * 1e-6)
    return Calibration(tuple((float(c), s) for c, (_, s) in zip(cosines, PERCENTILES, strict=True)))


def histogram(scores: NDArray[np.int16], bands: Sequence[int] = (0, 30, 50, 70, 85, 101)) -> list[int]:
    """How many scores lie in each band."""
    return [int(n) for n in np.histogram(scores, bins=bands)[0]]
