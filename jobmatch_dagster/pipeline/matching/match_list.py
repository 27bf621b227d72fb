"""A user's matches as a list: what the UI, the command line and the demo show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from jobmatch_dagster.core.markdown import Link, escaped, markdown_table
from jobmatch_dagster.core.matching.scoring import PARTS, SCORE_COLUMNS
from jobmatch_dagster.db.matching.matches import read_match_list
from jobmatch_dagster.db.profiles.users import require_user

LIST_COLUMNS = (
    "place", "score", *(part.replace("_", " ") for part in PARTS), "stated %", "title", "company", "place of work",
    "posting", "decision", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class MatchList:
    """The best matches of one user, in the order of their scores.

    Attributes:
        user_key: whose.
        lines: rows of the query `matching/match_list`; postings of one cluster are one line.
    """

    user_key: str
    lines: Sequence[Mapping[str, Any]]

    def markdown(self) -> str:
        """The list as a page."""
        title = f"## Matches of {escaped(self.user_key)}"
        if not self.lines:
            return f"{title}\n\nNo match. `explain_match` says why a posting is not among them."
        return f"{title}\n\n{markdown_table(self.rows(), LIST_COLUMNS)}\n\n{_LEGEND}"

    def rows(self) -> list[list[Any]]:
        """A row for each line, as `LIST_COLUMNS`."""
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
                line["match_reasoning"],
            ]
            for number, line in enumerate(self.lines, start=1)
        ]


_LEGEND = (
    "In the order of the score, 0 to 100. A part that is empty is unknown: its weight went to the semantic part. "
    "*stated %* is the share of the score that rests on stated facts. To ask why a match is what it is, launch "
    "`explain_match` with the user and the posting."
)


def list_matches(
    connection: Connection,
    user_key: str,
    *,
    status: str | None = None,
    min_score: int | None = None,
    most: int,
) -> MatchList:
    """The best matches of a user.

    Raises:
        UnknownUserError: if there is no such user; it names the nearest keys.
    """
    require_user(connection, user_key)
    rows = read_match_list(connection, user_key, status=status, min_score=min_score, most=most)
    return MatchList(user_key, [dict(row._mapping) for row in rows])


def place_of_work(line: Mapping[str, Any]) -> str:
    """Where the job is, and in how many other towns the same ad is open: `Munich +2 towns`."""
    shown = line["location"] or "unknown"
    towns = len(set(line["other_places"] or ()))
    if towns:
        return f"{shown} +{towns} town{'s' if towns > 1 else ''}"
    copies = line["others"]
    return f"{shown} +{copies} cop{'ies' if copies > 1 else 'y'}" if copies else shown
