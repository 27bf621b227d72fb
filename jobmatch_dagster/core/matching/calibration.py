"""From cosine similarity to `semantic_score`.

A raw cosine means something else for every model. A calibration is data: points (cosine, score) with straight
lines between them. Belongs here: how it is applied and fitted. Storage is in `db/matching/calibrations.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Share of all pairs of a mixed catalog that lies below each score. A CV is of one field among a dozen: most
# pairs are strangers, and 50, where Claude begins to look, is the best seventh.
PERCENTILES: tuple[tuple[float, float], ...] = ((1, 0), (50, 30), (85, 50), (95, 65), (99, 80), (99.9, 95), (100, 100))
MIN_PAIRS = 1_000


@dataclass(frozen=True)
class Calibration:
    """Points (cosine, score), both increasing; scores 0..100."""

    knots: tuple[tuple[float, float], ...]

    def score(self, similarity: NDArray[np.float32]) -> NDArray[np.int16]:
        """Scores 0..100 of the same shape as the cosines."""
        rounded: NDArray[np.int16] = np.floor(self.exact_score(similarity) + 0.5).astype(np.int16)
        return rounded

    def exact_score(self, similarity: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, not rounded."""
        cosines, scores = zip(*self.knots, strict=True)
        exact: NDArray[np.float32] = np.interp(similarity, cosines, scores).astype(np.float32)
        return exact


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


# all-MiniLM-L6-v2, rounded from a fit on real texts; other models start here too until they are fitted.
DEFAULT_CALIBRATION = Calibration(
    ((0.08, 0), (0.31, 30), (0.44, 50), (0.53, 65), (0.65, 80), (0.77, 95), (0.90, 100))
)  # fmt: skip
DEFAULT_PROVENANCE: Mapping[str, str | int] = {
    "source": "packaged default",
    "fitted_on": "133 real CVs in 13 fields times 857 real ads, German and English, text template 2",
    "pairs": 113_981,
    "model": "all-MiniLM-L6-v2",
}


def is_default_for(model: str) -> bool:
    """Whether the packaged calibration was fitted on this model (`EmbedderResource.model`)."""
    return model.partition("@")[0] == DEFAULT_PROVENANCE["model"]
