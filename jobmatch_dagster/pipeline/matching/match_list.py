"""A user's matches as a list: what the UI, the command line and the demo show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.signs import KINDS
from jobmatch_dagster.core.markdown import Link, escaped, markdown_table
from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE
from jobmatch_dagster.core.matching.scoring import PARTS, SCORE_COLUMNS, own_weights
from jobmatch_dagster.core.notifications.digest_words import DIGEST_WORDS
from jobmatch_dagster.db.catalog.signs import read_signs
from jobmatch_dagster.db.matching.matches import read_match_list
from jobmatch_dagster.db.profiles.cv_profiles import current_labels
from jobmatch_dagster.db.profiles.preferences import read_preferences
from jobmatch_dagster.db.profiles.users import require_user
from jobmatch_dagster.errors import InputError

LIST_COLUMNS = (
    "place", "score", *(part.replace("_", " ") for part in PARTS), "stated %", "title", "company", "place of work",
    "posting", "decision", "signs", "reason",
)  # fmt: skip

_CV = "CV"

# Lines whose signs are read together, and more lines than a user can have.
_CHUNK, _ALL = 50, 1_000_000


class UnknownSignError(InputError):
    """A kind of sign that is not known; the message lists those that are."""


@dataclass(frozen=True)
class MatchList:
    """The best matches of one user, in the order of their scores.

    Attributes:
        user_key: whose.
        lines: rows of the query `matching/match_list`; postings of one cluster are one line. `signs` are sentences by
            kind (`core/catalog/signs.py`), `unknown_signs` the kinds of which too little is known.
        own_weights: the user's own weights by part; a part that is missing has the deployment's.
        names_cvs: whether the user has several CVs, so that each line names the one that fits best.
        language: code of the language of the user's reasons.
    """

    user_key: str
    lines: Sequence[Mapping[str, Any]]
    own_weights: Mapping[str, float] = field(default_factory=dict)
    names_cvs: bool = False
    language: str = DEFAULT_LANGUAGE

    @property
    def weights_note(self) -> str:
        """That the list has the user's own weights, and which; "" where it has the deployment's."""
        if not self.own_weights:
            return ""
        shown = ", ".join(f"{part.replace('_', ' ')} {weight:g}" for part, weight in self.own_weights.items())
        return f"Scored with the user's own weights: {shown}."

    @property
    def columns(self) -> tuple[str, ...]:
        """`LIST_COLUMNS`, and the CV that fits best where the user has several."""
        return (*LIST_COLUMNS, _CV) if self.names_cvs else LIST_COLUMNS

    def markdown(self) -> str:
        """The list as a page."""
        title = f"## Matches of {escaped(self.user_key)}"
        if not self.lines:
            return f"{title}\n\nNo match. `explain_match` says why a posting is not among them."
        notes = " ".join(filter(None, (self.weights_note, _LEGEND)))
        return f"{title}\n\n{markdown_table(self.rows(), self.columns)}\n\n{notes}"

    def rows(self) -> list[list[Any]]:
        """A row for each line, as `columns`."""
        return [
            [
                number,
                line["match_score"],
                *(line[column] for column in SCORE_COLUMNS),
                line["stated_percent"],
                line["title"],
                line["company"],
                place_of_work(line),
                Link(line["external_id"], line["url"]),
                line["status"] + (" (posting closed)" if line["closed_at"] else ""),
                "; ".join(line["signs"].values()),
                reason_with_source(line["match_reasoning"], line["claude_score"], self.language),
                *([line["cv_label"]] if self.names_cvs else []),
            ]
            for number, line in enumerate(self.lines, start=1)
        ]


_LEGEND = (
    "In the order of the score, 0 to 100. A part that is empty is unknown: its weight went to the semantic part. "
    "*stated %* is the share of the score that rests on stated facts. *Signs* are no part of the score. To ask why a "
    "match is what it is, launch `explain_match` with the user and the posting."
)


def reason_with_source(reason: str | None, claude_score: int | None, language: str = DEFAULT_LANGUAGE) -> str | None:
    """The reason of a match; one that a language model wrote says so, in the language of the user's reasons."""
    return f"{reason} ({DIGEST_WORDS[language].by_model})" if reason and claude_score is not None else reason


def list_matches(
    connection: Connection,
    user_key: str,
    *,
    status: str | None = None,
    min_score: int | None = None,
    without_signs: Collection[str] = (),
    now: datetime | None = None,
    most: int,
) -> MatchList:
    """The best matches of a user.

    Args:
        connection: an open transaction.
        user_key: whose.
        status: only matches with this decision.
        min_score: only matches with this score or a higher one.
        without_signs: kinds of signs; postings that show one are left out, those of which it is unknown are not.
        now: the moment up to which an open posting counts as open; None is the present.
        most: the most lines.

    Raises:
        UnknownUserError: if there is no such user; it names the nearest keys.
        UnknownSignError: if a kind of sign is not known.
    """
    if strange := sorted(set(without_signs) - set(KINDS)):
        raise UnknownSignError(f"There is no sign {', '.join(map(repr, strange))}. Signs: {', '.join(KINDS)}.")
    require_user(connection, user_key)
    rows = read_match_list(
        connection, user_key, status=status, min_score=min_score, most=_ALL if without_signs else most
    )
    lines: list[Mapping[str, Any]] = []
    for start in range(0, len(rows), _CHUNK):
        if len(lines) >= most:
            break
        chunk = [dict(row._mapping) for row in rows[start : start + _CHUNK]]
        found = read_signs(connection, [line["job_id"] for line in chunk], now)
        for line in chunk:
            signs = found[line.pop("job_id")]
            if not signs.has_any(without_signs):
                lines.append({**line, "signs": signs.shown, "unknown_signs": signs.unknown})
    preferences = read_preferences(connection, user_key)
    return MatchList(
        user_key,
        lines[:most],
        own_weights(preferences.as_row()),
        names_cvs=len(current_labels(connection, user_key)) > 1,
        language=preferences.language_of_reasons,
    )


def place_of_work(line: Mapping[str, Any], language: str = DEFAULT_LANGUAGE) -> str:
    """Where the job is, and in how many other towns the same ad is open: `Munich +2 towns`."""
    words = DIGEST_WORDS[language]
    shown = line["location"] or words.unknown
    towns = len(set(line["other_places"] or ()))
    if towns:
        return f"{shown} +{towns} {words.towns[towns > 1]}"
    copies = line["others"]
    return f"{shown} +{copies} {words.copies[copies > 1]}" if copies else shown
