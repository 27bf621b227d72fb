"""What the ledger says about prepared pairs: answered, waiting, or still to be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from jobmatch_dagster.core.enrichment.answer import (
    Answer,
    ScoredAnswer,
    UnusableAnswer,
    choose_answer,
    clamp_to_band,
    read_answer,
    reason_to_ask_again,
)
from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment.ledger import Claim, StoredRequest, read_requests
from jobmatch_dagster.db.enrichment.pairs import Verdict, WaitingNote
from jobmatch_dagster.pipeline.enrichment.pair_requests import PreparedPair


@dataclass(frozen=True)
class OpenRequest:
    """A request that is to be made. `failed_before`: it was made before, and the failure counts."""

    prepared: PreparedPair
    request: PairRequest
    request_hash: str
    failed_before: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether it is made without others: what failed once is not to fail others too."""
        return self.failed_before or self.request.attempt > 1

    @property
    def user_id(self) -> int:
        """Whose pair is asked about."""
        return self.prepared.pair.user_id

    def claim(self, reserved_usd: Decimal) -> Claim:
        """The claim of this request in the ledger."""
        return Claim(
            request_hash=self.request_hash,
            user_id=self.user_id,
            job_id=self.prepared.pair.asked_job_id,
            profile_version=self.prepared.pair.profile_version,
            text_hash=self.prepared.text_hash,
            attempt=self.request.attempt,
            reserved_usd=reserved_usd,
        )


@dataclass(frozen=True)
class LedgerCheck:
    """Verdicts on answered pairs, notes on the others, the requests to make, and the pairs without a verdict."""

    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[WaitingNote] = field(default_factory=list)
    open_requests: list[OpenRequest] = field(default_factory=list)
    open_pairs: list[PreparedPair] = field(default_factory=list)


def check_ledger(database: Database, pairs: Sequence[PreparedPair], band_width: int) -> LedgerCheck:
    """Compare prepared pairs with the ledger. Pairs that share a request give it once."""
    with database.begin() as connection:
        stored = read_requests(connection, [key for prepared in pairs for key in prepared.request_hashes])
    check = LedgerCheck()
    open_hashes: set[str] = set()
    for prepared in pairs:
        found = _check_pair(prepared, stored, band_width)
        if isinstance(found, Verdict):
            check.verdicts.append(found)
            continue
        check.open_pairs.append(prepared)
        if isinstance(found, WaitingNote):
            check.notes.append(found)
            continue
        if found.request_hash not in open_hashes:
            open_hashes.add(found.request_hash)
            check.open_requests.append(found)
        error = stored[found.request_hash].error if found.request_hash in stored else None
        check.notes.append(WaitingNote(prepared.pair.user_id, prepared.pair.job_id, "waiting", error, None))
    return check


def _check_pair(
    prepared: PreparedPair, stored: Mapping[str, StoredRequest], band_width: int
) -> Verdict | WaitingNote | OpenRequest:
    first_hash, second_hash = prepared.request_hashes
    first_request = stored.get(first_hash)
    first = _stored_answer(prepared, first_request)
    if first is None:
        return _without_answer(prepared, prepared.request, first_request, first_hash)
    second = _stored_answer(prepared, stored.get(second_hash))
    # A request that the API rejected would be rejected again.
    is_rejected = first_request is not None and first_request.state == "rejected"
    answer = first if is_rejected else choose_answer(first, second)
    if answer is None:
        again = prepared.request.again(reason_to_ask_again(first))
        return _without_answer(prepared, again, stored.get(second_hash), second_hash)
    request_hash = second_hash if answer is second else first_hash
    if isinstance(answer, UnusableAnswer):
        return Verdict(prepared.pair, request_hash, answer, prepared.signs)
    scored = ScoredAnswer(answer, clamp_to_band(answer.raw_score, prepared.percent, band_width))
    return Verdict(prepared.pair, request_hash, scored, prepared.signs)


def _stored_answer(prepared: PreparedPair, stored: StoredRequest | None) -> Answer | UnusableAnswer | None:
    """The answer that the ledger has; None if it has none yet."""
    if stored is None:
        return None
    if stored.state == "rejected":
        return UnusableAnswer("failed", stored.error or "the API refuses this request")
    if stored.state == "answered" and stored.answer is not None:
        return read_answer(stored.answer, prepared.request)
    return None


def _without_answer(
    prepared: PreparedPair, request: PairRequest, stored: StoredRequest | None, request_hash: str
) -> WaitingNote | OpenRequest:
    if stored is not None and stored.state == "pending":
        return WaitingNote(prepared.pair.user_id, prepared.pair.job_id, "pending", None, request_hash)
    return OpenRequest(prepared, request, request_hash, failed_before=stored is not None and stored.failures > 0)
