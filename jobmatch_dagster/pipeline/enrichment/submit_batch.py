"""Submission of a message batch.

The requests are claimed under a key of this project before the batch is submitted, and every custom id begins with that
key. So a batch whose name was lost in a crash can be recognised by its results (`collect_batches.py`). After the key
comes the number of the request in the ledger, or the name of its group.
"""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.ledger_check import OpenRequest
from jobmatch_dagster.pipeline.enrichment.request_groups import RequestGroup, group_requests
from jobmatch_dagster.resources.claude_errors import LostAnswerError, RequestRejectedError


@dataclass(frozen=True)
class Submission:
    """What a batch reserves, in USD, and whether a budget was too small for some of the requests."""

    reserved_usd: Decimal
    is_cut: bool


@dataclass(frozen=True)
class _ClaimedBatch:
    """A batch before its submission: its key, its calls, the ids of their requests, and the most that they can cost."""

    key: str
    groups: list[RequestGroup]
    ids: dict[str, int]
    reserved_usd: Decimal
    is_cut: bool


def submit_batch(run: ClaudeRun, requests: Sequence[OpenRequest], run_budget_left: Decimal) -> Submission:
    """Submit requests as one batch, in order, until a budget is used up.

    Raises:
        PermanentFailure: on a refused key, model or account.
    """
    claimed = _claim(run, requests, run_budget_left)
    if not claimed.ids:
        return Submission(Decimal(0), claimed.is_cut)
    run.report.estimated_usd_at_most += claimed.reserved_usd
    # Requests of one user are sent together, because they share the cached profile.
    by_user = sorted(claimed.groups, key=lambda group: group.user_id)
    items = [(f"{claimed.key}-{_item_name(group, claimed.ids)}", group.request) for group in by_user]
    try:
        state = run.client.create_batch(items)
    except LostAnswerError as error:
        # The batch may have been received. Nothing is asked again before it was searched for.
        run.report.note = f"{error} The batch may have been received and is looked for."
        return Submission(claimed.reserved_usd, claimed.is_cut)
    except (PassingFailure, PermanentFailure, RequestRejectedError) as error:
        with run.database.begin() as connection:
            counts = isinstance(error, RequestRejectedError)
            ledger.note_failures(connection, list(claimed.ids.values()), str(error), counts=counts)
        run.report.note = str(error)
        if isinstance(error, PermanentFailure):
            raise
        return Submission(Decimal(0), claimed.is_cut)
    _name(run, claimed.key, state.batch_id)
    run.report.batches_submitted += 1
    run.report.requests_in_batches += len(items)
    return Submission(claimed.reserved_usd, claimed.is_cut)


def _claim(run: ClaudeRun, requests: Sequence[OpenRequest], run_budget_left: Decimal) -> _ClaimedBatch:
    groups = group_requests(requests, run.claude.postings_per_request)
    claims = [claim for group in groups for claim in group.claims(run.client, batch=True)]
    key = f"jm{uuid.uuid4().hex[:12]}"
    claimed = run.claim(claims, run_budget_left, batch_key=key)
    if claimed.used_up:
        run.report.note = run.used_up(claimed.used_up)
    kept = [part for group in groups if (part := group.part(claimed.ids)) is not None]
    return _ClaimedBatch(key, kept, claimed.ids, claimed.reserved_usd, claimed.used_up is not None)


def _item_name(group: RequestGroup, ids: Mapping[str, int]) -> str:
    """The group's name, or the number of a request that goes alone."""
    if group.group_id is None or len(group.members) == 1:
        return str(ids[group.members[0].request_hash])
    return group.group_id


def _name(run: ClaudeRun, key: str, batch_id: str) -> None:
    """Store the API's name of a submitted batch. Cancel it if all its users were erased in the meantime."""
    with run.database.begin() as connection:
        is_wanted = ledger.name_batch(connection, key, batch_id)
    if not is_wanted:
        with suppress(PassingFailure, RequestRejectedError):
            run.client.cancel_batch(batch_id)
