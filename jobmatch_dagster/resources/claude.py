"""Claude as a resource: model, budgets and limits of a deployment. `claude_client.py` calls the API."""

from decimal import Decimal
from typing import Any

import dagster as dg
from pydantic import Field

from jobmatch_dagster.core.enrichment.answer import BAND_WIDTH
from jobmatch_dagster.core.enrichment.costs import Prices, prices_of
from jobmatch_dagster.environment import config_field
from jobmatch_dagster.resources.claude_client import ClaudeClient
from jobmatch_dagster.settings import ClaudeSettings, Count, Usd


class ClaudeResource(dg.ConfigurableResource[Any]):
    """The Messages API. Without a key nothing is called and pairs wait."""

    api_key: str = config_field(ClaudeSettings, "api_key")
    model: str = config_field(ClaudeSettings, "model")
    effort: str = Field(default="low", description='low, medium, high; "" for a model that knows no effort')
    thinking: bool = Field(
        default=False,
        description="Whether it thinks first: the analysis is computed already. A model that always thinks needs true",
    )
    budget_usd_per_day: Usd = config_field(ClaudeSettings, "budget_usd_per_day")
    budget_usd_per_run: Usd = config_field(ClaudeSettings, "budget_usd_per_run")
    budget_usd_per_user: Usd = config_field(ClaudeSettings, "budget_usd_per_user")
    prices_file: str = config_field(ClaudeSettings, "prices_file")
    max_pairs_per_user: int = Field(default=25, ge=1, description="Best pairs first, for each user and run")
    max_pairs_per_run: Count = config_field(ClaudeSettings, "max_pairs_per_run")
    batch_min: Count = config_field(ClaudeSettings, "batch_min")
    batch_max_requests: int = Field(
        default=10_000, ge=1, le=100_000, description="Requests of one batch (the API takes 100,000 and 256 MB)"
    )
    postings_per_request: int = Field(
        default=1, ge=1, le=10, description="Postings of one person that are sent in one request, at most"
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Direct calls at a time")
    fill_profiles: bool = config_field(ClaudeSettings, "fill_profiles")
    band_width: int = Field(
        default=BAND_WIDTH, ge=0, le=100, description="How far a score may leave the band that the skill match gives"
    )
    timeout_s: float = Field(default=120.0, gt=0)
    retry_wait_s: float = Field(default=2.0, ge=0)
    lost_batch_wait_s: float = Field(
        default=300.0, ge=0, description="How long a batch whose submission was cut off is looked for at the API"
    )

    @property
    def enabled(self) -> bool:
        """Whether there is a key."""
        return bool(self.api_key)

    @property
    def may_spend(self) -> bool:
        """Whether any budget is given."""
        return min(self.budget_usd_per_day, self.budget_usd_per_run, self.budget_usd_per_user) > 0

    @property
    def day_budget(self) -> Decimal:
        """USD for a day (UTC)."""
        return Decimal(str(self.budget_usd_per_day))

    @property
    def user_budget(self) -> Decimal:
        """USD for one user and day (UTC)."""
        return Decimal(str(self.budget_usd_per_user))

    @property
    def run_budget(self) -> Decimal:
        """USD for a run."""
        return Decimal(str(self.budget_usd_per_run))

    def prices(self) -> Prices:
        """Price list of the model.

        Raises:
            PermanentFailure: if there is none.
        """
        return prices_of(self.model, self.prices_file)

    def client(self) -> ClaudeClient:
        """A client for one run; close it at the end.

        Raises:
            PermanentFailure: if the model has no price.
        """
        return ClaudeClient(
            api_key=self.api_key,
            # Read here: the SDK would take an empty variable for an address.
            base_url=ClaudeSettings.read().base_url,
            model=self.model,
            prices=self.prices(),
            effort=self.effort,
            thinking=self.thinking,
            timeout_s=self.timeout_s,
            retry_wait_s=self.retry_wait_s,
        )
