"""A pair of a small market, and its page: for tests of what an explanation says."""

from dataclasses import dataclass, replace

from sqlalchemy import text

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.pipeline.explain.page import Explanation, explain
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster_tests.support.checks import assert_click_paths_exist
from jobmatch_dagster_tests.support.world import NOW

PER_HOUR = 12
BEST_MATCH = (
    "SELECT external_id FROM user_job_matches m JOIN jobs ON jobs.id = job_id JOIN users ON users.id = m.user_id "
    "WHERE user_key = :user ORDER BY match_score DESC, external_id LIMIT 1"
)


@dataclass
class Pair:
    """A database with a collected market and two matched users, one pair of it, and how to explain it."""

    database: Database
    user: str
    posting: str

    def explain(self, *, embed_again: bool = False, **changes: str) -> Explanation:
        resources = default_resources()
        settings = match_settings(resources["embedder"], resources["matching"])
        chosen = replace(self, **changes)
        embedder = resources["embedder"] if embed_again else None
        return explain(self.database, settings, chosen.user, chosen.posting, now=NOW, embedder=embedder)

    def explain_with(self, claude: ClaudeResource) -> Explanation:
        resources = default_resources()
        settings = match_settings(resources["embedder"], resources["matching"])
        return explain(self.database, settings, self.user, self.posting, now=NOW, claude=claude)

    def seed(self, statement: str, **parameters: object) -> int:
        with self.database.begin() as connection:
            names = {"posting": self.posting, "user": self.user, **parameters}
            used = {name: value for name, value in names.items() if f":{name}" in statement}
            return connection.execute(text(statement), used).rowcount

    def findings(self, **options: bool) -> str:
        findings = self.explain(**options).page.findings
        for finding in findings:
            assert_click_paths_exist(finding.remedy)
        return "\n".join(f"{finding.what} {finding.remedy}" for finding in findings)
