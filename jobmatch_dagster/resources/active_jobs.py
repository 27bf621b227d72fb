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
    """The API of job postings. Each returned posting costs a credit of the plan."""

    base_url: str = config_field(ActiveJobsSettings, "base_url")
    api_key: str = config_field(ActiveJobsSettings, "api_key")
    generation: Generation = config_field(ActiveJobsSettings, "generation")
    filters: Filters = Filters()
    modified_feed: bool = Field(default=False, description="Whether the plan has the feed of modified postings")
    max_pages_per_hour: int = Field(default=10, ge=1, description="Pages of 100 for each hour of a window")
    credit_reserve: int = Field(default=100, ge=0, description="Job credits that are never spent")

    def client(self) -> ActiveJobsClient:
        """A client with this configuration.

        Raises:
            PermanentFailure: if there is no key, or a filter cannot be asked for; no call is made.
        """
        key = self.api_key.strip()
        if not key:
            raise PermanentFailure(
                "RAPIDAPI_KEY is not set: the Active Jobs API cannot be asked. Set it to your RapidAPI key, or try "
                "the demo (`jobmatch demo`), which needs none."
            )
        if not (key.isascii() and key.isprintable()):
            raise PermanentFailure("RAPIDAPI_KEY holds characters that no key has; set it to your RapidAPI key.")
        try:
            parameters = self.filters.parameters(self.generation)
        except ValueError as error:
            raise PermanentFailure(f"The filters of the resource active_jobs cannot be used: {error}.") from None
        return ActiveJobsClient(
            self.base_url,
            key,
            self.generation,
            parameters,
            filters=self.filters.identity(),
            credit_reserve=self.credit_reserve,
        )
