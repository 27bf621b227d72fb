"""A pair as a question: the request that is made of it, and what the ledger says to that.

Put here how a pair becomes a request and how answers that are held are weighed. Asking stands in `direct.py` and
`batches.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobmatch_dagster.core.enrichment.analysis import PostingFacts, analyse, posting_facts, profile_facts
from jobmatch_dagster.core.enrichment.answer import Answer, Unusable, decide, hold, read_answer, reason_to_ask_again
from jobmatch_dagster.core.enrichment.prompt import PairRequest, build_request
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment.ledger import LedgerRow, ledger_rows
from jobmatch_dagster.db.enrichment.pairs import Pair, Verdict, Waiting, postings_of, profiles_of


@dataclass(frozen=True)
class Case:
    """A pair with its request. Score and band are the pair's own, also where a cluster shares the request."""

    pair: Pair
    request: PairRequest
    hashes: tuple[str, str]
    percent: float | None
    signs: tuple[str, ...]
    text_hash: str


@dataclass(frozen=True)
class Ask:
    """A request that nobody has answered yet."""

    case: Case
    request: PairRequest
    request_hash: str


def load_cases(database: Database, pairs: Sequence[Pair], model: str) -> list[Case]:
    """Make requests of pairs; pairs whose profile or posting is gone are left out."""
    with database.begin() as connection:
        profiles, postings = profiles_of(connection, pairs), postings_of(connection, pairs)
    sent_profiles = {key: profile_facts(row) for key, row in profiles.items()}
    sent_postings: dict[int, PostingFacts] = {}
    cases = []
    for pair in pairs:
        profile = profiles.get((pair.user_id, pair.profile_version))
        asked, own = postings.get(pair.asked_job_id), postings.get(pair.job_id)
        if profile is None or asked is None or own is None:
            continue
        for row in (asked, own):
            if row["id"] not in sent_postings:
                sent_postings[row["id"]] = posting_facts(row)
        facts = sent_profiles[pair.user_id, pair.profile_version]
        cases.append(_case(pair, profile, facts, asked, own, sent_postings, model))
    return cases


def weigh(
    database: Database, cases: Sequence[Case], band_width: int
) -> tuple[list[Verdict], list[Waiting], list[Ask], list[Case]]:
    """Look into the ledger: pairs that are answered, pairs that wait, requests to make, cases left open."""
    with database.begin() as connection:
        rows = ledger_rows(connection, [key for case in cases for key in case.hashes])
    verdicts, waiting, open_cases = [], [], []
    asks: dict[str, Ask] = {}
    for case in cases:
        found = _weigh_one(case, rows, band_width)
        if isinstance(found, Verdict):
            verdicts.append(found)
            continue
        open_cases.append(case)
        if isinstance(found, Ask):
            asks.setdefault(found.request_hash, found)
            error = rows[found.request_hash].error if found.request_hash in rows else None
            waiting.append(Waiting(case.pair.match_id, "waiting", error, None))
        else:
            waiting.append(found)
    return verdicts, waiting, list(asks.values()), open_cases


def _case(
    pair: Pair,
    profile: Mapping[str, Any],
    facts: dict[str, Any],
    asked: Mapping[str, Any],
    own: Mapping[str, Any],
    sent_postings: Mapping[int, PostingFacts],
    model: str,
) -> Case:
    analysis = analyse(asked, profile, pair.filters)
    request = build_request(facts, sent_postings[asked["id"]].sent, analysis.sent)
    signs = {*sent_postings[asked["id"]].signs, *sent_postings[own["id"]].signs}
    return Case(
        pair=pair,
        request=request,
        hashes=(request.request_hash(pair.user_id, model), request.again("").request_hash(pair.user_id, model)),
        percent=analysis.percent if own is asked else analyse(own, profile).percent,
        signs=tuple(sorted(signs)),
        text_hash=asked["text_hash"],
    )


def _weigh_one(case: Case, rows: Mapping[str, LedgerRow], band_width: int) -> Verdict | Waiting | Ask:
    first_hash, second_hash = case.hashes
    first_row = rows.get(first_hash)
    first = _said(case, first_row)
    if first is None:
        return _not_answered(case, case.request, first_row, first_hash)
    second = _said(case, rows.get(second_hash))
    # What the API refuses as a request it refuses again.
    found = first if first_row is not None and first_row.state == "rejected" else decide(first, second)
    if found is None:
        again = case.request.again(reason_to_ask_again(first))
        return _not_answered(case, again, rows.get(second_hash), second_hash)
    held = hold(found.raw_score, case.percent, band_width) if isinstance(found, Answer) else None
    return Verdict(case.pair, second_hash if found is second else first_hash, found, held, case.signs)


def _said(case: Case, row: LedgerRow | None) -> Answer | Unusable | None:
    """What the ledger holds as an answer; None when there is none yet."""
    if row is None:
        return None
    if row.state == "rejected":
        return Unusable("failed", row.error or "the API refuses this request")
    return read_answer(row.answer, case.request) if row.state == "answered" and row.answer is not None else None


def _not_answered(case: Case, request: PairRequest, row: LedgerRow | None, request_hash: str) -> Waiting | Ask:
    if row is not None and row.state == "pending":
        return Waiting(case.pair.match_id, "pending", None, request_hash)
    return Ask(case, request, request_hash)
