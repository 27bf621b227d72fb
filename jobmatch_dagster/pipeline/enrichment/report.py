"""What a run of the enrichment did, as numbers with stable names."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from jobmatch_dagster.core.enrichment.answer import ScoredAnswer
from jobmatch_dagster.db.enrichment.pairs import Verdict
from jobmatch_dagster.resources.claude_client import Reply


@dataclass
class EnrichReport:
    """What was asked and paid, and how many pairs still wait. Several threads may add to it."""

    waiting: int = 0
    in_batches: int = 0
    calls: int = 0
    batches_submitted: int = 0
    batches_collected: int = 0
    requests_in_batches: int = 0
    from_ledger: int = 0
    done: int = 0
    without_score: int = 0
    items_dropped: int = 0
    generic: int = 0
    postings_flagged: int = 0
    clamped: int = 0
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_written_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    estimated_usd_at_most: Decimal = Decimal(0)
    users_over_budget: set[int] = field(default_factory=set)
    note: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def count_reply(self, reply: Reply) -> None:
        """Count an answer and its cost."""
        with self.lock:
            self.answers += 1
            self.input_tokens += reply.usage.get("input_tokens", 0)
            self.output_tokens += reply.usage.get("output_tokens", 0)
            self.cache_read_tokens += reply.usage.get("cache_read_input_tokens", 0)
            self.cache_written_tokens += reply.usage.get("cache_creation_input_tokens", 0)
            self.cost_usd += reply.cost_usd

    def count_verdicts(self, verdicts: Sequence[Verdict], *, from_ledger: bool) -> None:
        """Count pairs with an answer. `from_ledger`: it was stored before this run asked anything."""
        for verdict in verdicts:
            self.from_ledger += from_ledger
            self.postings_flagged += bool(verdict.signs)
            if isinstance(verdict.answer, ScoredAnswer):
                answer, clamped = verdict.answer.answer, verdict.answer.clamped
                self.done += 1
                self.items_dropped += answer.dropped_items
                self.generic += answer.is_generic
                self.clamped += clamped.score != answer.raw_score
            else:
                self.without_score += 1

    def metadata(self) -> dict[str, int | float | str]:
        """As the UI shows and plots it."""
        return {
            "pairs_waiting": self.waiting,
            "pairs_in_batches": self.in_batches,
            "calls": self.calls,
            "batches_submitted": self.batches_submitted,
            "batches_collected": self.batches_collected,
            "requests_in_batches": self.requests_in_batches,
            "answers_from_ledger": self.from_ledger,
            "pairs_done": self.done,
            "pairs_without_score": self.without_score,
            "scores_clamped": self.clamped,
            "items_dropped": self.items_dropped,
            "reasons_generic": self.generic,
            "postings_flagged": self.postings_flagged,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_written_tokens": self.cache_written_tokens,
            "estimated_usd_at_most": float(self.estimated_usd_at_most),
            "cost_usd": float(self.cost_usd),
            "users_over_budget": len(self.users_over_budget),
            "usd_per_1000_pairs": float(1000 * self.cost_usd / self.done) if self.done else 0.0,
            "note": self.note or "none",
        }
