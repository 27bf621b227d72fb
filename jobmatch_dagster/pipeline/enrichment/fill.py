"""Asking Claude about fields of a profile that are unknown after the CV was read. Off unless `CLAUDE_FILL_PROFILES`.

The request is claimed before its call, the answer is stored before it is read, and accepted values become a new profile
version. `core/enrichment/fill.py` builds the request and decides which values are accepted.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal

from jobmatch_dagster.core.enrichment.answer import answer_text
from jobmatch_dagster.core.enrichment.fill import FillRequest, build_fill_request, fill_fields, unknown_fields
from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import fill_requests
from jobmatch_dagster.db.enrichment.fill_requests import ProfileToFill
from jobmatch_dagster.db.profiles.cv_profiles import current_labels, insert_profile
from jobmatch_dagster.db.profiles.users import lock_user
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import Reply
from jobmatch_dagster.resources.claude_errors import LostAnswerError, RequestRejectedError


@dataclass(frozen=True)
class FillReport:
    """What was asked, paid and filled for one user. It contains no text of the CV."""

    asked: bool = False
    fields_filled: int = 0
    new_version: int | None = None
    cost_usd: Decimal = Decimal(0)
    note: str = ""

    def plus(self, other: "FillReport") -> "FillReport":
        """This report and that of another CV together."""
        return FillReport(
            asked=self.asked or other.asked,
            fields_filled=self.fields_filled + other.fields_filled,
            new_version=other.new_version or self.new_version,
            cost_usd=self.cost_usd + other.cost_usd,
            note="; ".join(dict.fromkeys(filter(None, (self.note, other.note)))),
        )


@dataclass(frozen=True)
class _Question:
    """A request about the current profile of one of a user's CVs."""

    user_key: str
    label: str
    current: ProfileToFill
    fields: Sequence[str]
    request: FillRequest
    request_hash: str


def fill_unknown(database: Database, claude: ClaudeResource, user_key: str, run_id: str) -> FillReport:
    """Fill unknown fields of the user's current profiles, as new versions. A request is paid once.

    Does nothing without a key, a budget or the setting. After a failure the profile stays as it is and is matched with
    the known fields; the user's next `ingest_cv` run asks again.
    """
    if not (claude.fill_profiles and claude.enabled and claude.may_spend):
        return FillReport()
    with database.begin() as connection:
        labels = current_labels(connection, user_key)
    report = FillReport()
    for label in labels:
        report = report.plus(_fill_cv(database, claude, user_key, label, run_id))
    return report


def _fill_cv(database: Database, claude: ClaudeResource, user_key: str, label: str, run_id: str) -> FillReport:
    with database.begin() as connection:
        current = fill_requests.profile_to_fill(connection, user_key, label)
    fields = _fields_to_ask(current) if current else []
    if current is None or not fields:
        return FillReport()
    request = build_fill_request(current.cv_text, fields)
    if not request.has_text:
        return FillReport(note="nothing is sent: without headings, personal data in the CV cannot be recognised")
    question = _Question(user_key, label, current, fields, request, request.request_hash(current.user_id, claude.model))
    with database.begin() as connection:
        message = fill_requests.stored_answer(connection, question.request_hash)
    report = FillReport()
    if message is None:
        reply, report = _ask(database, claude, question, run_id)
        if reply is None:
            return report
        message = reply.message
    return _apply(database, question, message, run_id, report)


def _fields_to_ask(current: ProfileToFill) -> list[str]:
    """Fields that neither the CV nor the user says."""
    return [name for name in unknown_fields(current.reading) if name not in current.stated]


def _ask(
    database: Database, claude: ClaudeResource, question: _Question, run_id: str
) -> tuple[Reply | None, FillReport]:
    with closing(claude.client()) as client:
        with database.begin() as connection:
            request_id = fill_requests.claim(
                connection,
                question.request_hash,
                question.current,
                model=claude.model,
                reserved_usd=client.highest_usd(question.request, batch=False),
                budget_usd=claude.day_budget,
                user_budget_usd=claude.user_budget,
                run_id=run_id,
            )
        if request_id is None:
            note = (
                f"the budget of {claude.day_budget} USD a day, or of {claude.user_budget} USD a user and day, is used "
                "up, or the request is under way"
            )
            return None, FillReport(note=note)
        try:
            reply = client.ask(question.request)
        except (PassingFailure, PermanentFailure, RequestRejectedError) as error:
            with database.begin() as connection:
                billed = isinstance(error, LostAnswerError)
                fill_requests.note_failure(connection, request_id, str(error), billed=billed)
            return None, FillReport(asked=True, note=str(error))
        with database.begin() as connection:
            fill_requests.store_answer(connection, request_id, reply.message, reply.usage, reply.cost_usd)
    return reply, FillReport(asked=True, cost_usd=reply.cost_usd)


def _apply(database: Database, question: _Question, message: JsonObject, run_id: str, report: FillReport) -> FillReport:
    """Write the accepted values as the next version, unless the profile has another version by now."""
    current = question.current
    filled = fill_fields(current.reading, question.fields, answer_text(message) or "", question.request)
    with database.begin() as connection:
        lock_user(connection, question.user_key)
        latest = fill_requests.profile_to_fill(connection, question.user_key, question.label)
        if latest is None or latest.id != current.id:
            return report
        version = current.version
        if filled is not None:
            version = insert_profile(connection, current.user_id, current.document_id, filled, run_id)
            fields_filled = len(unknown_fields(current.reading)) - len(unknown_fields(filled))
            report = replace(report, new_version=version, fields_filled=fields_filled)
        fill_requests.note_applied(connection, question.request_hash, version)
    return report
