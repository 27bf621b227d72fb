"""The Active Jobs API as a Dagster resource: key, address, filters, limits.

Belongs here: configuration. The filters are in `active_jobs_filters.py`, the calls in `active_jobs_client.py`.
"""

import dagster as dg
from pydantic import Field

from jobmatch_dagster.environment import config_field
from jobmatch_dagster.errors import PermanentFailure
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient
from jobmatch_dagster.resources.active_jobs_filters import Filters
from jobmatch_dagster.settings import ActiveJobsSettings, Generation


class ActiveJobsResource(dg.ConfigurableResource[ActiveJobsClient]):
    """The API of job postings. Each posting returned costs a credit of the plan."""

    base_url: str = config_field(ActiveJobsSettings, "base_url")
    api_key: str = config_field(ActiveJobsSettings, "api_key")
    generation: Generation = config_field(ActiveJobsSettings, "generation")
    filters: Filters = Filters()
    modified_feed: bool = Field(default=False, description="Whether the plan includes the feed of modified postings")
    max_pages_per_hour: int = Field(default=10, ge=1, description="Most pages, of 100 postings each, for an hour")
    max_credits_per_run: int = Field(
        default=5_000,
        ge=1,
        description="Most job credits that a run may cost. A run that would cost more says the price and does nothing",
    )
    credit_reserve: int = Field(default=100, ge=0, description="Number of job credits that stay unspent")

    def client(self) -> ActiveJobsClient:
        """A client with this configuration.

        Raises:
            PermanentFailure: if there is no key, or the generation lacks a filter; no call is made.
        """
        key = self.api_key.strip()
        if not key:
            raise PermanentFailure(
                "RAPIDAPI_KEY is not set, so the Active Jobs API cannot be called. Set it to your RapidAPI key, or try "
                "the demo (`jobmatch demo`), which needs no key."
            )
        if not (key.isascii() and key.isprintable()):
            raise PermanentFailure("RAPIDAPI_KEY has characters that no key has; set it to your RapidAPI key.")
        try:
            parameters = self.filters.parameters(self.generation)
        except ValueError as error:
            raise PermanentFailure(f"The filters of the resource active_jobs are wrong: {error}.") from None
        return ActiveJobsClient(
            self.base_url,
            key,
            self.generation,
            parameters,
            filters=self.filters.identity(),
            credit_reserve=self.credit_reserve,
        )
