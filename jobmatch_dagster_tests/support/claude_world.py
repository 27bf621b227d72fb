"""A small world for tests of the enrichment: matched users whose pairs wait, and the stand-in for Claude."""

from dataclasses import dataclass
from typing import Any

import dagster as dg
from sqlalchemy import text

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import run_job, run_requested
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.world import table_rows

PLANTED_CV = """
Lebenslauf
Maximiliane Quastenhuber
Anschrift: Drosselbartweg 17, 80331 München
Telefon: +49 176 55512345, E-Mail: m.quastenhuber@postfach.example
Geboren am 04.05.1988 in Timbuktu, Staatsangehörigkeit: malisch, verheiratet, 2 Kinder
Berufserfahrung
03/2018 - heute Gesundheits- und Krankenpflegerin, Klinikum Zwiebelturm
Maximiliane Quastenhuber leitet die Station und ist erreichbar unter 0176 55512345.
Ausbildung
2009 - 2012 Florence-Nightingale-Schule Kaiserswerth, Examen
Kenntnisse: Nursing, Patient Care, Wound Care, Quastenhuber, Drosselbartweg 17, Florence-Nightingale-Schule
Skills: Hygiene, Teamwork, Maximiliane, 04.05.1988, +49 176 55512345
"""
PLANTED = (
    "Maximiliane", "Quastenhuber", "Drosselbart", "80331", "55512345", "postfach", "04.05", "1988", "Timbuktu",
    "malisch", "verheiratet", "Nightingale", "Kaiserswerth", "Zwiebelturm", "u-1",
)  # fmt: skip
_RESET = """
    UPDATE user_job_matches SET claude_status = 'waiting', claude_reason = NULL, claude_request_hash = NULL,
        claude_score = NULL, claude_raw_score = NULL, claude_band_low = NULL, claude_band_high = NULL,
        claude_deviation = NULL, claude_items_dropped = NULL, claude_is_generic = NULL, posting_signs = NULL,
        key_alignments = NULL, potential_gaps = NULL, prompt_version = NULL, claude_model = NULL
    WHERE claude_status IS NOT NULL
"""


@dataclass
class ClaudeWorld:
    """What a test of the enrichment works with."""

    database: Database
    instance: dg.DagsterInstance
    defs: dg.Definitions
    claude: ClaudeStandIn

    def enrich(
        self, user_keys: list[str] | None = None, matching: MatchingResource | None = None, **settings: Any
    ) -> EnrichReport:
        """Run the enrichment alone, with these settings of the resource."""
        scored_by = matching or MatchingResource()
        return enrich_pairs(self.database, self.resource(**settings), scored_by, "test-run", user_keys)

    @staticmethod
    def resource(**settings: Any) -> ClaudeResource:
        """A resource that does not wait."""
        given = {"retry_wait_s": 0.0, "lost_batch_wait_s": 0.0, "max_pairs_per_user": 1_000, **settings}
        return ClaudeResource(api_key=KEY, **given)

    def run(self, job: str, asset: str, partition: str) -> dict[str, Any]:
        """Materialize one of the two assets; its metadata."""
        key = dg.AssetKey(["enrichment", asset])
        result = run_job(self.defs, self.instance, job, partition_key=partition, asset_selection=[key])
        (event,) = result.get_asset_materialization_events()
        return {name: value.value for name, value in event.materialization.metadata.items()}

    def run_for(self, user_key: str) -> dict[str, Any]:
        """Materialize the user's slice."""
        return self.run("rematch_user", "user_claude_matches", user_key)

    def run_sensor(self) -> int:
        """Evaluate the batch sensor and execute the runs that it requests."""
        resources = default_resources()
        given = {name: resources[name] for name in ("database", "claude")}
        return run_requested(self.defs, self.instance, "claude_batch_sensor", given)

    def reload(self) -> None:
        """Build the code location again, after a change of the environment."""
        self.defs = build_defs()

    def anew(self, *, ledger: bool = True) -> None:
        """Let all pairs wait again; also empty the ledger, unless it is to be kept."""
        with self.database.begin() as connection:
            if ledger:
                connection.exec_driver_sql("DELETE FROM claude_requests")
            connection.exec_driver_sql(_RESET)

    def scalar(self, query: str, **parameters: Any) -> Any:
        """The one value of a query."""
        with self.database.begin() as connection:
            return connection.scalar(text(query), parameters)

    def count(self, condition: str, **parameters: Any) -> int:
        """Number of pairs that meet a condition."""
        return int(self.scalar(f"SELECT count(*) FROM user_job_matches WHERE {condition}", **parameters))

    @property
    def waiting(self) -> int:
        """Number of pairs that wait and are in no batch."""
        return self.count("claude_status = 'waiting'")

    @property
    def questions(self) -> int:
        """Number of requests in the ledger. Postings of a cluster share one, so that there are fewer than pairs."""
        return int(self.scalar("SELECT count(*) FROM claude_requests"))

    def rows(self) -> list[str]:
        """Rows of the matches, which must be the same after the same work."""
        return table_rows(self.database, "user_job_matches")["user_job_matches"]
