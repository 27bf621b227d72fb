"""The project's own labelled pairs: fictional CVs and postings, and how well they fit (`data/labelled_pairs.jsonl`)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.quality.evaluation import BEST_FIT, NO_FIT

_LABELLED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LabelledCv:
    """A fictional CV."""

    key: str
    language: str
    field: str
    text: str


@dataclass(frozen=True)
class LabelledPair:
    """One judgement: how well the posting fits the CV (0 to 3), and why."""

    cv: str
    posting: str
    label: int
    why: str


@dataclass(frozen=True)
class LabelledPairs:
    """CVs and postings by key, and the judgements of their pairs. One person wrote and labelled them."""

    cvs: Mapping[str, LabelledCv]
    postings: Mapping[str, Posting]
    pairs: Sequence[LabelledPair]

    def labels(self, cv: str) -> dict[str, int]:
        """Labels of one CV by posting."""
        return {pair.posting: pair.label for pair in self.pairs if pair.cv == cv}


@cache
def load_labelled_pairs() -> LabelledPairs:
    """Read the packaged pairs.

    Raises:
        ValueError: if a line is invalid; the message gives its number.
    """
    path = resources.files("jobmatch_dagster.core.quality") / "data" / "labelled_pairs.jsonl"
    return parse_labelled_pairs(path.read_text(encoding="utf-8").splitlines())


def parse_labelled_pairs(lines: Iterable[str]) -> LabelledPairs:
    """Read lines of JSON; `kind` says whether a line is a CV, a posting or a pair.

    Raises:
        ValueError: if a line is invalid; the message gives its number.
    """
    cvs: dict[str, LabelledCv] = {}
    postings: dict[str, Posting] = {}
    pairs: dict[tuple[str, str], LabelledPair] = {}
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            kind = record.pop("kind")
            if kind == "cv":
                cvs[record["key"]] = LabelledCv(**record)
            elif kind == "posting":
                postings[record["external_id"]] = _posting(record)
            else:
                pair = LabelledPair(**record)
                _check(pair, cvs, postings, pairs)
                pairs[pair.cv, pair.posting] = pair
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"Line {number} of the labelled pairs is invalid: {error!r}") from error
    return LabelledPairs(cvs, postings, list(pairs.values()))


def _check(
    pair: LabelledPair, cvs: Mapping[str, Any], postings: Mapping[str, Any], pairs: Mapping[tuple[str, str], Any]
) -> None:
    if pair.cv not in cvs or pair.posting not in postings:
        raise ValueError("its CV or its posting must be on an earlier line")
    if (pair.cv, pair.posting) in pairs:
        raise ValueError("the pair is labelled twice")
    if pair.label not in range(NO_FIT, BEST_FIT + 1):
        raise ValueError("the label is not 0, 1, 2 or 3")


def _posting(record: dict[str, Any]) -> Posting:
    address = f"https://jobs.example.com/{record['external_id']}"
    return Posting(url=address, date_created=_LABELLED_AT, **record)
