"""How often each score occurs among many pairs."""

import numpy as np
from numpy.typing import NDArray

HIGHEST_SCORE = 100


def count_scores(scores: NDArray[np.int16]) -> NDArray[np.int64]:
    """How often each score of 0 to 100 occurs, shape (101,); unknown ones (negative) are left out."""
    counts: NDArray[np.int64] = np.bincount(scores[scores >= 0], minlength=HIGHEST_SCORE + 1).astype(np.int64)
    return counts
