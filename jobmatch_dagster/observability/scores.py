"""Distribution of a run's scores, in numbers and as a picture.

Scores of a single user are never shown: they would stay in Dagster's history.
"""

import itertools
from collections.abc import Mapping, Sequence

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.score_counts import HIGHEST_SCORE
from jobmatch_dagster.observability.plots import histogram
from jobmatch_dagster.observability.previews import preview

BANDS = (0, 30, 50, 70, 85, 101)
_PERCENTILES = (5, 25, 50, 75, 95)


def score_metadata(counts: Mapping[str, NDArray[np.int64]]) -> dict[str, dg.MetadataValue | int]:
    """Percentiles of each score (`<name>_p50` ...), a table of bands, and a histogram of the first.

    Args:
        counts: for each name the counts that `count_scores` gives.
    """
    metadata: dict[str, dg.MetadataValue | int] = {}
    for name, counted in counts.items():
        if counted.sum():
            steps = np.cumsum(counted) / counted.sum()
            metadata |= {
                f"{name}_p{percent:02}": int(np.searchsorted(steps, percent / 100)) for percent in _PERCENTILES
            }
    if not metadata:
        return metadata
    metadata["score_bands"] = preview(_bands(counts), ("from", "below", *counts))
    first, counted = next(iter(counts.items()))
    metadata["scores"] = histogram(
        np.arange(HIGHEST_SCORE + 1, dtype=float).tolist(),
        f"{first} of the pairs of this run",
        edges=[*range(0, HIGHEST_SCORE, 5), HIGHEST_SCORE + 1],
        x_label=first,
        y_label="pairs",
        counts=counted.tolist(),
    )
    return metadata


def _bands(counts: Mapping[str, NDArray[np.int64]]) -> Sequence[Sequence[int]]:
    return [
        (low, high, *(int(counted[low:high].sum()) for counted in counts.values()))
        for low, high in itertools.pairwise(BANDS)
    ]
