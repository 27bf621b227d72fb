"""Asking Claude about fields that a CV's reading left unknown. Off by default (`CLAUDE_FILL_PROFILES`).

Put here the order of the steps: the ledger before the call, the answer before it is read, a new version at the end.
What is asked and believed stands in `core/enrichment/fill.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from jobmatch_dagster.core.enrichment.fill import FillRequest, build_fill_request, filled, unknown_fields
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import lock
from jobmatch_dagster.db.profiles import fill_requests as ledger
from jobmatch_dagster.db.profiles import profiles
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.profiles.read import user_lock
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import LostAnswerError, RequestRejectedError


@dataclass
class FillReport:
    """What was asked, paid and filled for one user; nothing in it is read from the CV."""

    asked: bool = False
    fields_filled: int = 0
    new_version: int | None = None
    cost_usd: Decimal = Decimal(0)
    note: str = ""


def fill_unknown(database: Database, claude: ClaudeResource, user_key: str, run_id: str) -> FillReport:
    """Fill unknown fields of the user's current profile, as a new version; a question is paid for once.

    Does nothing unless the setting is on and there is a key. A failure leaves the profile as it is: it is matched with
    what is known, and the next run of the user's `ingest_cv` asks again.
    """
    report = FillReport()
    if not (claude.fill_profiles and claude.enabled and claude.may_spend):
        return report
    with database.begin() as connection:
        row = ledger.profile_to_fill(connection, user_key)
    fields = unknown_fields(ledger.profile_of(row)) if row is not None else []
    if row is None or not fields:
        return report
    request = build_fill_request(row.cv_text, fields)
    if not request.has_text:
        report.note = "the CV has no headings, so that personal data cannot be told from the rest: nothing is sent"
        return report
    request_hash = request.request_hash(row.user_id, claude.model)
    with database.begin() as connection:
        message = ledger.held_answer(connection, request_hash)
    if message is None:
        message = _ask(database, claude, row, request, request_hash, run_id, report)
    if message is not None:
        _apply(database, user_key, row, request, request_hash, message, run_id, report)
    return report


def _ask(
    database: Database,
    claude: ClaudeResource,
    row: Row[Any],
    request: FillRequest,
    request_hash: str,
    run_id: str,
    report: FillReport,
) -> Mapping[str, Any] | None:
    client = claude.client()
    try:
        with database.begin() as connection:
            request_id = ledger.claim(
                connection,
                request_hash,
                row,
                model=claude.model,
                highest_usd=client.highest_usd(request, batch=False),
                budget_usd=claude.day_budget,
                run_id=run_id,
            )
        if request_id is None:
            report.note = f"the budget of {claude.day_budget} USD a day is used up, or the question is under way"
            return None
        report.asked = True
        try:
            reply = client.ask(request)
        except (PassingFailure, PermanentFailure, RequestRejectedError) as error:
            report.note = str(error)
            with database.begin() as connection:
                ledger.fail(connection, request_id, str(error), may_be_billed=isinstance(error, LostAnswerError))
            return None
        with database.begin() as connection:
            ledger.keep_answer(connection, request_id, reply.message, reply.usage, reply.cost_usd)
        report.cost_usd = reply.cost_usd
        return reply.message
    finally:
        client.close()


def _apply(
    database: Database,
    user_key: str,
    row: Row[Any],
    request: FillRequest,
    request_hash: str,
    message: Mapping[str, Any],
    run_id: str,
    report: FillReport,
) -> None:
    """Write what can be believed as the next version, unless another version came in the meantime."""
    profile = ledger.profile_of(row)
    answer = next((block.get("text") for block in message.get("content") or () if block.get("type") == "text"), "")
    better = filled(profile, unknown_fields(profile), answer or "", request)
    with database.begin() as connection:
        lock(connection, user_lock(user_key))
        now = ledger.profile_to_fill(connection, user_key)
        if now is None or now.id != row.id:
            return
        version = row.version
        if better is not None:
            version = profiles.insert_profile(connection, row.user_id, row.document_id, better, run_id)
            report.new_version = version
            report.fields_filled = len(unknown_fields(profile)) - len(unknown_fields(better))
        ledger.note_applied(connection, request_hash, version)
