"""The Active Jobs API as a Dagster resource: key, address, filters.

Put here configuration and its checks. How the API is called stands in `active_jobs_client.py`.
"""

from typing import Literal

import dagster as dg
from pydantic import Field

from jobmatch_dagster.core.failures import PermanentFailure
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient

DEFAULT_BASE_URL = "https://active-jobs-db.p.rapidapi.com"


class ActiveJobsResource(dg.ConfigurableResource[ActiveJobsClient]):
    """The API of job postings. Each returned posting costs a credit of the plan."""

    base_url: str = DEFAULT_BASE_URL
    api_key: str = Field(default="", description="RAPIDAPI_KEY; never shown")
    generation: Literal["g1", "g2"] = "g1"
    location: str = Field(default="Germany", description="English names, as the vendor derives them")
    title: str = Field(default="", description="Search in the title, Google-like")
    include_company: bool = True
    modified_feed: bool = Field(default=False, description="Whether the plan has the feed of modified postings")
    max_pages_per_hour: int = Field(default=10, ge=1, description="Pages of 100 for each hour of a window")

    def client(self) -> ActiveJobsClient:
        """A client with this configuration.

        Raises:
            PermanentFailure: if there is no key; no call is made.
        """
        if not self.api_key:
            raise PermanentFailure(
                "RAPIDAPI_KEY is not set: the Active Jobs API cannot be asked. Set it to your RapidAPI key, or try "
                "the demo (`jobmatch demo`), which needs none."
            )
        return ActiveJobsClient(self.base_url, self.api_key, self.generation, self.parameters())

    def parameters(self) -> dict[str, str]:
        """Query parameters of the filters, in the spelling of the generation."""
        if self.generation == "g1":
            wanted = {
                "location_filter": self.location,
                "title_filter": self.title,
                "description_type": "text",
                "include_ai": "true",
                "include_li": "true" if self.include_company else "",
            }
        else:
            wanted = {
                "location": self.location,
                "title": self.title,
                "description_format": "text",
                "include_basic_organization_details": "true" if self.include_company else "",
            }
        return {name: value for name, value in wanted.items() if value}
