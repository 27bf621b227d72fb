"""From the likeness of two texts to `semantic_score`.

A cosine means something else for every model and catalog. A calibration is data: what texts share (the lens), how
rare skills and title words are, and points (likeness, score) with straight lines between them. Belongs here: how it is
applied and fitted. Storage is in `db/matching/calibrations.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.likeness import ALL_ALIKE, Frequencies, Lens

# Share of all pairs of a mixed catalog that lies below each score. A CV is of one field among a dozen: most
# pairs are strangers, and 50, where Claude begins to look, is the best seventh.
PERCENTILES: tuple[tuple[float, float], ...] = ((1, 0), (50, 30), (85, 50), (95, 65), (99, 80), (99.9, 95), (100, 100))
MIN_PAIRS = 1_000


@dataclass(frozen=True)
class Calibration:
    """How two texts become a semantic score.

    Attributes:
        knots: points (likeness, score), both increasing; scores 0..100.
        lens: what is taken off the vectors before they are compared; None compares them as they are.
        frequencies: how rare skills and title words are.
    """

    knots: tuple[tuple[float, float], ...]
    lens: Lens | None = None
    frequencies: Frequencies = ALL_ALIKE

    def score(self, likeness: NDArray[np.float32]) -> NDArray[np.int16]:
        """Scores 0..100 of the same shape as the likenesses."""
        rounded: NDArray[np.int16] = np.floor(self.exact_score(likeness) + 0.5).astype(np.int16)
        return rounded

    def exact_score(self, likeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, not rounded."""
        places, scores = zip(*self.knots, strict=True)
        exact: NDArray[np.float32] = np.interp(likeness, places, scores).astype(np.float32)
        return exact


def fit_knots(likenesses: NDArray[np.float32]) -> tuple[tuple[float, float], ...]:
    """The knots under which these pairs are spread as `PERCENTILES` says.

    Raises:
        ValueError: if there are fewer than `MIN_PAIRS` pairs: their percentiles would be chance.
    """
    if likenesses.size < MIN_PAIRS:
        raise ValueError(f"{likenesses.size} pairs are too few to calibrate on; {MIN_PAIRS} are needed")
    places = np.percentile(likenesses, [percent for percent, _ in PERCENTILES])
    # Ties in the data must not make two knots at one place.
    places = np.maximum.accumulate(places + np.arange(len(places)) * 1e-6)
    return tuple((float(place), score) for place, (_, score) in zip(places, PERCENTILES, strict=True))


def fit_lens(posting_vectors: NDArray[np.float32]) -> Lens:
    """The lens of a catalog: its mean, and the direction in which its postings differ most.

    Args:
        posting_vectors: shape (n, d), unit length, n at least 2.
    """
    mean = posting_vectors.mean(axis=0, dtype=np.float64)
    rest = posting_vectors.astype(np.float64) - mean
    # The last eigenvector of d × d is the first singular direction of n × d, and cheaper.
    direction = np.linalg.eigh(rest.T @ rest)[1][:, -1]
    return Lens(mean.astype(np.float32), direction.astype(np.float32))


# all-MiniLM-L6-v2, rounded from fits on real texts: as the vectors are, and through a catalog's lens. Other models
# start with the first until they are fitted.
DEFAULT_CALIBRATION = Calibration(
    ((0.07, 0), (0.33, 30), (0.51, 50), (0.67, 65), (0.89, 80), (1.1, 95), (1.26, 100))
)  # fmt: skip
DEFAULT_LENS_KNOTS = (
    (-0.2, 0.0), (0.01, 30.0), (0.14, 50.0), (0.26, 65.0), (0.5, 80.0), (0.8, 95.0), (1.07, 100.0)
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


def packaged_for(calibration: Calibration) -> Calibration:
    """The packaged calibration that a fitted one is compared with: with a lens or without."""
    return DEFAULT_CALIBRATION if calibration.lens is None else replace(calibration, knots=DEFAULT_LENS_KNOTS)
