"""Making digests: who is due, and what is new for them. A digest is stored before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from jobmatch_dagster.core.notifications.digest import Digest, Line, content_hash, pay_text
from jobmatch_dagster.core.notifications.quiet_hours import is_quiet
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import digests
from jobmatch_dagster.db.notifications.digests import NewDigest, Recipient
from jobmatch_dagster.pipeline.matching.match_list import place_of_work

_USERS_PER_TRANSACTION = 500


@dataclass(frozen=True)
class Limits:
    """How much a digest says, where its user asks for nothing else."""

    minimum_score: int
    most: int


def due_recipients(recipients: Sequence[Recipient], *, now: datetime, hourly: bool) -> list[Recipient]:
    """Those for whom a run makes digests.

    The run of an hour makes them for those who ask for it, the run of a day for all who want any: whoever hears of
    matches by the hour has heard of most of them by then. Nothing is made by the hour in a user's quiet hours, so that
    one digest has it all afterwards; a digest of the day waits for their end instead.
    """
    every = {"hour"} if hourly else {"day", "hour"}
    return [
        each
        for each in recipients
        if each.every in every and not (each.every == "hour" and is_quiet(now, each.quiet_hours, each.time_zone))
    ]


def make_digests(
    database: Database, recipients: Sequence[Recipient], *, day: str, now: datetime, limits: Limits
) -> dict[int, int]:
    """Store a digest for each of these users that has something new; returns the numbers of lines by user.

    Running it again, or twice at once, announces no match a second time.
    """
    made: dict[int, int] = {}
    for start in range(0, len(recipients), _USERS_PER_TRANSACTION):
        made |= _make(database, recipients[start : start + _USERS_PER_TRANSACTION], day, now, limits)
    return made


def _make(
    database: Database, recipients: Sequence[Recipient], day: str, now: datetime, limits: Limits
) -> dict[int, int]:
    with database.begin() as connection:
        present = digests.lock_recipients(connection, [each.user_id for each in recipients])
        asked = {each.user_id: _limits_of(each, limits) for each in recipients if each.user_id in present}
        by_user = {each.user_id: each for each in recipients}
        rows = digests.read_new_matches(connection, asked)
        new = [
            _digest(by_user[user_id], [dict(row._mapping) for row in of_user], day, now)
            for user_id, of_user in groupby(rows, key=lambda row: int(row.user_id))
        ]
        if new:
            digests.add_digests(connection, new, day=day, now=now)
    return {each.user_id: len(each.digest.lines) for each in new}


def _limits_of(recipient: Recipient, limits: Limits) -> tuple[int, int]:
    minimum_score = limits.minimum_score if recipient.min_score is None else recipient.min_score
    return minimum_score, recipient.max_matches or limits.most


def _digest(recipient: Recipient, rows: Sequence[Mapping[str, Any]], day: str, now: datetime) -> NewDigest:
    user_id = recipient.user_id
    lines = [_line(row, recipient.language) for row in rows]
    job_ids = [job_id for row in rows for job_id in row["job_ids"]]
    return NewDigest(user_id, Digest(day, now, content_hash(user_id, day, lines), lines), job_ids, recipient.channels)


def _line(row: Mapping[str, Any], language: str) -> Line:
    return Line(
        external_id=row["external_id"],
        title=row["title"],
        company=row["company"],
        place=place_of_work(row, language),
        url=row["url"],
        score=row["match_score"],
        reason=row["match_reasoning"],
        reason_by_model=row["claude_score"] is not None,
        missing=tuple(row["missing_skills"] or ()),
        pay=pay_text(row, language),
        cv=row["cv_label"] if row["cvs"] > 1 else None,
        language=language,
    )
