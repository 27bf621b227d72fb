"""Seconds of the steps of a materialization, and rows a second: numeric metadata under stable keys.

Put here how time is taken. Which steps there are belongs to the assets.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK = "look"
"""Name of the step that makes rows and pictures for the UI; postings a second are counted without it."""


class Steps:
    """A stopwatch with named laps; a lap that is run twice adds up."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as the step `name`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - began

    def metadata(self, *, postings: int | None = None) -> dict[str, float]:
        """`seconds`, `seconds_<step>` of each step, and `postings_per_second` where their number is given."""
        whole = time.monotonic() - self._began
        working = whole - self._seconds.get(LOOK, 0.0)
        told = {"seconds": whole, **{f"seconds_{name}": seconds for name, seconds in self._seconds.items()}}
        if postings is not None:
            told["postings_per_second"] = postings / working if working > 0 else 0.0
        return {name: round(value, 3) for name, value in told.items()}
