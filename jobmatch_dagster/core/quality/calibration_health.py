"""Whether a calibration is plausible: it rises, it stays in range, and it is close to the packaged one."""

import itertools
from dataclasses import dataclass

import numpy as np

from jobmatch_dagster.core.matching.calibration import Calibration, packaged_for

_LIKENESSES = np.arange(-0.2, 1.1, 0.05, dtype=np.float32)


@dataclass(frozen=True)
class CalibrationHealth:
    """Shape of a calibration; `points_from_packaged` is its largest distance from the packaged one, in points."""

    rises: bool
    in_range: bool
    points_from_packaged: int


def calibration_health(calibration: Calibration) -> CalibrationHealth:
    """Inspect a calibration over the likenesses -0.2 to 1.05."""
    knots = calibration.knots
    distances = np.abs(calibration.score(_LIKENESSES) - packaged_for(calibration).score(_LIKENESSES))
    return CalibrationHealth(
        rises=all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots)),
        in_range=all(0 <= score <= 100 for _, score in knots),
        points_from_packaged=int(distances.max()),
    )
