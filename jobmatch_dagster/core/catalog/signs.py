"""Signs about a posting that its own text does not show: posted again and again, open for long, in many towns at once.

They are shown, and a list can leave postings with them out. They are in no score: a sign is a reason to look twice, not
a fault. Where there is too little to compare a sign is unknown, which is not the same as absent.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobmatch_dagster.core.text import counted

KINDS = ("reposted", "long_open", "many_towns", "company_reposts")
# A copy on another board comes within days; what comes later was posted again.
REPOST_GAP = timedelta(days=7)
# A catalog that knows less than this of the time before a posting cannot say that it was not posted before.
MIN_HISTORY = timedelta(days=28)
MIN_FIELD_POSTINGS, MIN_COMPANY_POSTINGS = 30, 5
MANY_TOWNS = 5
COMPANY_SHARE = 1 / 3


@dataclass(frozen=True)
class PostingNumbers:
    """What is stored about a posting; None where it is not known. Times are UTC.

    Attributes:
        job_id: the posting.
        date_created: when the vendor indexed it.
        is_open: whether it is open.
        now: the moment the numbers are of.
        catalog_since: the first hour of the catalog.
        posted_again: times the same ad was posted again in the same place.
        first_posted: when it was posted first.
        open_days: whole days it has been open, or was.
        field_postings: postings of its field that were indexed before it.
        field_half_days: days in which half of them closed; infinite where fewer than half did.
        field_most_days: days in which three of four of them closed; infinite where fewer did.
        towns: towns that the ad is open in.
        company_postings: open postings of the company.
        company_posted_again: how many of them were posted again.
    """

    job_id: int
    date_created: datetime
    is_open: bool
    now: datetime
    catalog_since: datetime
    posted_again: int | None
    first_posted: datetime | None
    open_days: int
    field_postings: int | None
    field_half_days: float | None
    field_most_days: float | None
    towns: int | None
    company_postings: int | None
    company_posted_again: int | None


@dataclass(frozen=True)
class Signs:
    """The signs of a posting: the sentence of each that it shows, "" of each that it does not, None of the unknown."""

    reposted: str | None
    long_open: str | None
    many_towns: str | None
    company_reposts: str | None

    @property
    def shown(self) -> dict[str, str]:
        """Sentences of the signs that the posting shows, by kind."""
        return {kind: sentence for kind in KINDS if (sentence := getattr(self, kind))}

    @property
    def unknown(self) -> list[str]:
        """Kinds of which too little is known to say."""
        return [kind for kind in KINDS if getattr(self, kind) is None]

    def has_any(self, kinds: Collection[str]) -> bool:
        """Whether the posting shows a sign of these kinds; an unknown one is not shown."""
        return not self.shown.keys().isdisjoint(kinds)


def signs_of(numbers: PostingNumbers) -> Signs:
    """The signs that these numbers show."""
    return Signs(_reposted(numbers), _long_open(numbers), _many_towns(numbers), _company_reposts(numbers))


def _reposted(numbers: PostingNumbers) -> str | None:
    if numbers.posted_again is None or numbers.first_posted is None:
        return None
    if numbers.posted_again:
        return f"posted again {counted(numbers.posted_again, 'time')} since {numbers.first_posted:%Y-%m-%d}"
    return "" if numbers.date_created - numbers.catalog_since >= MIN_HISTORY else None


def _long_open(numbers: PostingNumbers) -> str | None:
    half, most = numbers.field_half_days, numbers.field_most_days
    if half is None or most is None or (numbers.field_postings or 0) < MIN_FIELD_POSTINGS:
        return None
    if numbers.open_days <= most:
        return ""
    shown = "open" if numbers.is_open else "was open"
    within = max(1, math.ceil(half))
    return f"{shown} for {counted(numbers.open_days, 'day')}; half of the postings of its field close within {within}"


def _many_towns(numbers: PostingNumbers) -> str | None:
    if numbers.towns is None:
        return None
    return f"in {numbers.towns:,} towns at once" if numbers.towns >= MANY_TOWNS else ""


def _company_reposts(numbers: PostingNumbers) -> str | None:
    postings, again = numbers.company_postings or 0, numbers.company_posted_again or 0
    if postings < MIN_COMPANY_POSTINGS:
        return None
    if again >= postings * COMPANY_SHARE:
        return f"{again} of {postings} open postings of this company were posted again"
    return "" if numbers.now - numbers.catalog_since >= MIN_HISTORY else None
