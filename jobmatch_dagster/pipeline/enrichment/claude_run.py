"""What every step of a run that asks Claude needs, in one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import ClaudeClient
from jobmatch_dagster.resources.matching import MatchingResource


@dataclass(frozen=True)
class ClaudeRun:
    """One run of the enrichment.

    Attributes:
        database: the project's database.
        claude: budgets and limits of this deployment.
        matching: what pairs are scored by in this deployment.
        client: connection to the API, open for the length of the run.
        run_id: Dagster run, stored with each request.
        report: what the run has done so far; the steps add to it.
    """

    database: Database
    claude: ClaudeResource
    matching: MatchingResource
    client: ClaudeClient
    run_id: str
    report: EnrichReport

    def claim(
        self, claims: Sequence[ledger.Claim], run_left: Decimal, *, batch_key: str | None = None
    ) -> ledger.Claimed:
        """Claim requests within the budgets, when so much (USD) is left to this run."""
        budgets = ledger.Budgets(run_left=run_left, day=self.claude.day_budget, user=self.claude.user_budget)
        with self.database.begin() as connection:
            claimed = ledger.claim(
                connection, claims, model=self.client.model, run_id=self.run_id, budgets=budgets, batch_key=batch_key
            )
        with self.report.lock:
            self.report.users_over_budget |= claimed.users_over_budget
        return claimed

    def used_up(self, budget: Literal["run", "day"]) -> str:
        """What the run says when this budget is used up."""
        usd = self.claude.run_budget if budget == "run" else self.claude.day_budget
        return f"the budget of {usd} USD a {budget} is used up; the rest waits"
