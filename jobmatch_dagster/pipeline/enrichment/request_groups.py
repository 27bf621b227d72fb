"""Requests of one user that are sent as one call, each with a row of its own in the ledger.

What a row identifies is the question about its pair, however pairs are grouped. So a run that is killed and started
again may group them anew, and an answer that was stored still counts.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection

from jobmatch_dagster.core.enrichment.costs import shares_of
from jobmatch_dagster.core.enrichment.groups import build_group_request, posting_id, split_answer
from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.pipeline.enrichment.ledger_check import OpenRequest
from jobmatch_dagster.resources.claude_client import ClaudeClient, Reply


@dataclass(frozen=True)
class RequestGroup:
    """One call: requests of one user, best first. `group_id` is None for a request that goes alone."""

    members: tuple[OpenRequest, ...]
    group_id: str | None

    @property
    def user_id(self) -> int:
        """Whose pairs are asked about."""
        return self.members[0].user_id

    @property
    def request(self) -> PairRequest:
        """What is sent."""
        if len(self.members) == 1:
            return self.members[0].request
        return build_group_request([(posting_id(member.request_hash), member.request) for member in self.members])

    def claims(self, client: ClaudeClient, *, batch: bool) -> list[ledger.Claim]:
        """A claim for each member, with the most that it can cost alone.

        Together they cover the call, which sends the shared part once, and so do those of any of its members: a budget
        may cut a group.
        """
        return [
            replace(member.claim(client.highest_usd(member.request, batch=batch)), group_id=self.group_id)
            for member in self.members
        ]

    def part(self, request_hashes: Iterable[str]) -> "RequestGroup | None":
        """The group of the members that were claimed; None if there are none."""
        kept = set(request_hashes)
        members = tuple(member for member in self.members if member.request_hash in kept)
        return replace(self, members=members) if members else None


def group_requests(requests: Sequence[OpenRequest], most: int) -> list[RequestGroup]:
    """Group requests by user, in order, at most so many in a group. What failed before goes alone."""
    groups: list[list[OpenRequest]] = []
    open_groups: dict[tuple[int, str], list[OpenRequest]] = {}
    for request in requests:
        key = (request.user_id, request.request.profile)
        group = open_groups.get(key)
        if request.is_alone or most == 1:
            groups.append([request])
        elif group is None or len(group) == most or _has_id(group, request):
            open_groups[key] = [request]
            groups.append(open_groups[key])
        else:
            group.append(request)
    return [RequestGroup(tuple(group), _new_id() if len(group) > 1 else None) for group in groups]


def store_group_reply(connection: Connection, ids: Mapping[str, int], reply: Reply) -> list[str]:
    """Store a group's answer as one answer for each request, with its share of tokens and cost.

    A request without an answer of its own has failed, and is asked again alone. The others bear the cost of the call;
    if there are none, it counts as lost.

    Args:
        connection: an open transaction; all or nothing is stored.
        ids: rows of the ledger by request hash.
        reply: the API's answer.

    Returns:
        Hashes of the requests without an answer.
    """
    by_posting = {posting_id(request_hash): request_hash for request_hash in ids}
    split = split_answer(reply.message, list(by_posting))
    shares = shares_of(reply.usage, reply.cost_usd, len(split.messages) or len(ids))
    for (key, message), share in zip(split.messages.items(), shares, strict=False):
        ledger.store_answer(connection, ids[by_posting[key]], message, share.usage, share.cost_usd)
    for (key, problem), share in zip(split.problems.items(), shares, strict=False):
        lost_usd = Decimal(0) if split.messages else share.cost_usd
        failed = [ids[by_posting[key]]]
        ledger.note_failures(connection, failed, problem, counts=True, billed=True, lost_usd=lost_usd)
    return [by_posting[key] for key in split.problems]


def _has_id(group: Sequence[OpenRequest], request: OpenRequest) -> bool:
    """Whether a member has the posting id of this request, which is a matter of chance."""
    return posting_id(request.request_hash) in {posting_id(member.request_hash) for member in group}


def _new_id() -> str:
    # Never a number: the custom id of a batch item ends in it, or in the number of a single request.
    return f"g{uuid.uuid4().hex[:12]}"
