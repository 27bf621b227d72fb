"""How long steps report their progress, without knowing who shows it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (done, total) after each part of a step."""


def no_progress(_done: int, _total: int) -> None:
    """Show nothing: what a step does unless its caller passes something else."""
