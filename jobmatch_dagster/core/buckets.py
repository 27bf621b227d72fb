"""Buckets: the fixed shares that everything large is cut into. A shard of work is one bucket.

A user's bucket is the partition of `user_job_matches` that PostgreSQL puts the user's rows in; a posting's bucket is
the remainder of its id. Both stay the same until the number of buckets is changed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """One of `count` shares, 0 to `count` - 1."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"There is no bucket {self.index} of {self.count}.")

    @property
    def key(self) -> str:
        """Its name as a partition and as a dynamic step."""
        return f"{self.index:03d}"

    @property
    def parameters(self) -> dict[str, int | None]:
        """The bucket as queries take it; the only one is everything, and costs no condition."""
        return {"bucket": self.index if self.count > 1 else None, "buckets": self.count}


def all_buckets(count: int) -> tuple[Bucket, ...]:
    """The buckets, in order."""
    return tuple(Bucket(index, count) for index in range(count))


ONLY_BUCKET = Bucket(0, 1)
