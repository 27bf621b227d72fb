"""Seconds of a piece of work and of its baseline, taken in turns on the same machine."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """Seconds of each repeat of one piece of work."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of the repeats."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Measured:
    """A piece of the pipeline's work and the named baseline that it is measured against.

    Attributes:
        work: what the pipeline did.
        baseline: what it is compared with.
        pipeline: seconds of the pipeline.
        floor: seconds of the baseline.
        goal: the ratio that is aimed at, at most; None where the row has none.
    """

    work: str
    baseline: str
    pipeline: Taken
    floor: Taken
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """The pipeline's median divided by the baseline's."""
        return self.pipeline.median / self.floor.median

    @property
    def spread(self) -> tuple[float, float]:
        """Lowest and highest ratio of a repeat of both that were taken one after the other."""
        ratios = [ours / theirs for ours, theirs in zip(self.pipeline.seconds, self.floor.seconds, strict=True)]
        return min(ratios), max(ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        return None if self.goal is None else self.ratio <= self.goal


def in_turn(
    rounds: int,
    pipeline: Callable[[], object],
    baseline: Callable[[], object],
    *,
    before: Callable[[], object] = lambda: None,
    baseline_first: bool = False,
) -> tuple[Taken, Taken]:
    """Seconds of both; they take turns, so that other load on the machine affects both alike."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    order = (True, False) if baseline_first else (False, True)
    for _ in range(rounds):
        for is_baseline in order:
            before()
            began = time.perf_counter()
            (baseline if is_baseline else pipeline)()
            taken[is_baseline].append(time.perf_counter() - began)
    return Taken(tuple(taken[False])), Taken(tuple(taken[True]))
