"""Seconds of the steps of a materialization, and postings a second, as numeric metadata."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

PREVIEW = "preview"
"""Name of the step that makes rows and pictures for the UI; it does not count for postings a second."""


class Steps:
    """A stopwatch with named laps; the laps of one name add up."""

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
        working = whole - self._seconds.get(PREVIEW, 0.0)
        values = {"seconds": whole, **{f"seconds_{name}": seconds for name, seconds in self._seconds.items()}}
        if postings is not None:
            values["postings_per_second"] = postings / working if working > 0 else 0.0
        return {name: round(value, 3) for name, value in values.items()}
