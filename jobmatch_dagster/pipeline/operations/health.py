"""Whether the pipeline is well, on one page: the last hour, what waits, what is stale, what was spent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.raw.quota import Outlook
from jobmatch_dagster.core.raw.windows import HOUR, hour_name, latest_collectable_hour
from jobmatch_dagster.core.text import counted
from jobmatch_dagster.db.catalog.embeddings import count_stale_postings
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.enrichment.ledger import spent_today_usd
from jobmatch_dagster.db.notifications.deliveries import read_undelivered
from jobmatch_dagster.db.operations.run_failures import count_failures
from jobmatch_dagster.db.profiles.documents import unreadable_documents
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.db.raw import hours, pages

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_MOST_NAMED = 1_000


@dataclass(frozen=True)
class Health:
    """The state of the pipeline at a moment.

    Attributes:
        last_hour: the newest hour that the API has completed; `last_hour_fetched` whether it is stored, with
            `last_hour_postings`.
        hours_missing: of the last seven days, since the first collection.
        users_to_match: users whose matches are older than their profile or preferences.
        pairs_waiting: pairs that wait for Claude.
        vectors_missing: open postings without a current vector.
        cvs_unreadable: users whose newest CV cannot be read.
        digests_undelivered: deliveries that were given up, failed three times or wait for a day.
        runs_failed: runs that failed in the last 24 hours.
    """

    as_of: datetime
    last_hour: datetime
    last_hour_fetched: bool
    last_hour_postings: int
    hours_missing: int
    users_to_match: int
    pairs_waiting: int
    vectors_missing: int
    cvs_unreadable: int
    digests_undelivered: int
    runs_failed: int
    credits: Outlook
    claude_usd_today: float

    @property
    def is_good(self) -> bool:
        """Whether nothing needs a person."""
        return not self.concerns()

    def concerns(self) -> list[str]:
        """What needs a person, each with where to look."""
        late = "`hourly_collection` fetches it; is `hourly_collection_schedule` on?"
        lines = [
            "" if self.last_hour_fetched else f"The hour {hour_name(self.last_hour)} is not fetched: {late}",
            _if(self.hours_missing, "hour", "of the last seven days never fetched: the check `no_missing_hours`."),
            _if(self.users_to_match, "user", "not matched with the newest profile: is `cv_profile_sensor` on?"),
            _if(self.vectors_missing, "open posting", "without a current vector: the check `vectors_sound`."),
            _if(self.cvs_unreadable, "CV", "that cannot be read: the check `cv_readable` of `profiles/cv_profiles`."),
            _if(self.digests_undelivered, "digest", "not delivered: the check `digests_delivered`."),
            _if(self.runs_failed, "run", "failed in the last 24 hours: the table `run_failures` has the next steps."),
            "" if self.credits.sustainable is not False else "The credits end before the renewal: `quota_lasts`.",
        ]
        return [line for line in lines if line]

    def rows(self) -> list[tuple[str, object]]:
        """Name and value of each number; None is unknown."""
        return [
            ("newest hour that the API has", hour_name(self.last_hour)),
            ("is fetched", "yes" if self.last_hour_fetched else "no"),
            ("its postings", self.last_hour_postings if self.last_hour_fetched else None),
            ("hours missing, last 7 days", self.hours_missing),
            ("users to match", self.users_to_match),
            ("open postings without a current vector", self.vectors_missing),
            ("unreadable CVs", self.cvs_unreadable),
            ("pairs waiting for Claude", self.pairs_waiting),
            ("digests not delivered", self.digests_undelivered),
            ("runs failed, last 24 hours", self.runs_failed),
            ("credits a day, without backfills", round(self.credits.credits_per_day)),
            ("credits of backfills, last 7 days", self.credits.backfill_credits_last_week),
            ("credits left", self.credits.credits_left),
            ("Claude today, USD", round(self.claude_usd_today, 4)),
        ]

    def markdown(self) -> str:
        """The page."""
        concerns = "\n".join(f"- {line}" for line in self.concerns())
        verdict = f"**Look at:**\n\n{concerns}" if concerns else "**All is well.**"
        table = markdown_table(self.rows(), ("", "now"))
        return f"## {self.as_of:%Y-%m-%d %H:%M} UTC\n\n{verdict}\n\n{table}"


def read_health(database: Database, *, now: datetime, wall_time: datetime, filters: JsonObject, model: str) -> Health:
    """Read the state; nothing is written.

    Args:
        database: the project's database.
        now: the current time, which decides on hours.
        wall_time: the time of the machine, which dates runs.
        filters: the filters whose hours count.
        model: the embedding model.
    """
    last_hour = latest_collectable_hour(now)
    end = last_hour + HOUR
    with database.read() as connection:
        (newest,) = hours.read_hours(connection, last_hour, end)
        return Health(
            as_of=now,
            last_hour=last_hour,
            last_hour_fetched=newest.fetched,
            last_hour_postings=newest.postings,
            hours_missing=len(pages.missing_hours(connection, end - _WEEK, end, filters)),
            users_to_match=len(users_to_match(connection)),
            pairs_waiting=run_query(connection, "enrichment/waiting_counts", {"user_keys": None})[0].pairs,
            vectors_missing=count_stale_postings(connection, model),
            cvs_unreadable=len(unreadable_documents(connection, most=_MOST_NAMED)),
            digests_undelivered=sum(each.deliveries for each in read_undelivered(connection, now)),
            runs_failed=count_failures(connection, wall_time - _DAY),
            credits=pages.read_outlook(connection, now),
            claude_usd_today=float(spent_today_usd(connection)),
        )


def _if(number: int, noun: str, what: str) -> str:
    return f"{counted(number, noun)} {what}" if number else ""
