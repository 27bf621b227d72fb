"""Signs about a posting: each of them shown, absent and unknown, from rows that the real merge and clustering wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobmatch_dagster.core.catalog.dedupe import ad_key
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.catalog.signs import KINDS, Signs
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.db.catalog.signs import read_signs
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.quality.evaluate import add_postings

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_ONE = normalise_record(postings_of_hour(_NOW, count=1)[0])
# The first day of a catalog that is old enough to say that something was not there.
_EARLY = 200


def _posting(number: int, days_ago: float, **changes: Any) -> Posting:
    made = replace(
        _ONE,
        external_id=str(1_000_000 + number),
        company="Kranich Ltd",
        title="Nurse",
        location="Munich",
        cities_derived=None,
        ai_taxonomies_a=["Healthcare"],
        date_created=_NOW - timedelta(days=days_ago),
        date_validthrough=None,
        record_hash=f"record {number}",
    )
    made = replace(made, **changes)
    return replace(made, ad_key=ad_key(made.company, made.title))


def _other(number: int, days_ago: float, **changes: Any) -> Posting:
    """A posting of a company of its own."""
    return _posting(number, days_ago, **{"company": f"Company {number}", **changes})


def _signs(database: Database, *postings: Posting, closed_after: dict[str, int] | None = None) -> Signs:
    """The signs of the first of these postings, which are all that there are."""
    with database.begin() as connection:
        add_postings(connection, list(postings), _NOW)
        for external_id, days in (closed_after or {}).items():
            connection.exec_driver_sql(
                "UPDATE jobs SET closed_at = date_created + %s * interval '1 day', closed_reason = 'expired' "
                "WHERE external_id = %s",
                (days, external_id),
            )
        job_id = connection.exec_driver_sql(
            "SELECT id FROM jobs WHERE external_id = %s", (postings[0].external_id,)
        ).scalar_one()
        return read_signs(connection, [job_id, 4_711], _NOW)[job_id]


def test_an_ad_that_came_again_is_posted_again(database: Database) -> None:
    earlier = [_posting(n, days) for n, days in ((2, 30), (3, 60), (4, 90))]
    # Closed ones count, a copy that came within days does not, nor does the same ad in another town.
    found = _signs(
        database, _posting(1, 1), *earlier, _posting(5, 3), _posting(6, 120, location="Graz"),
        closed_after={earlier[0].external_id: 5, earlier[2].external_id: 5},
    )  # fmt: skip
    assert found.reposted == "posted again 3 times since 2026-08-03"


def test_another_text_under_the_same_title_is_another_ad(database: Database) -> None:
    other = _posting(2, 30, description="We sell boats on a lake. " * 20, text_hash="another")
    found = _signs(database, _posting(1, 1), other, _other(9, _EARLY))
    assert found.reposted == ""


def test_a_young_catalog_cannot_say_that_an_ad_is_new(database: Database) -> None:
    assert _signs(database, _posting(1, 1), _other(2, 20)).reposted is None


def test_without_a_place_it_is_unknown_what_came_again(database: Database) -> None:
    found = _signs(database, _posting(1, 1, location=None), _posting(2, 60, location=None))
    assert found.reposted is None
    assert found.many_towns is None


@pytest.mark.parametrize(
    ("days", "fields", "closed", "shown"),
    [
        (75, 30, 30, "open for 75 days; half of the postings of its field close within 28"),
        (20, 30, 30, ""),
        (75, 30, 10, ""),  # most of them are still open: 75 days are usual
        (75, 29, 29, None),
    ],
)
def test_open_for_longer_than_its_field(
    database: Database, days: int, fields: int, closed: int, shown: str | None
) -> None:
    before = [_other(n, 100) for n in range(2, 2 + fields)]
    closed_after = {posting.external_id: 28 for posting in before[:closed]}
    assert _signs(database, _posting(1, days), *before, closed_after=closed_after).long_open == shown


def test_postings_of_another_field_say_nothing(database: Database) -> None:
    before = [_other(n, 100, ai_taxonomies_a=["Logistics"]) for n in range(2, 42)]
    assert _signs(database, _posting(1, 75), *before).long_open is None


def test_an_ad_in_many_towns_at_once(database: Database) -> None:
    towns = [_posting(n, 1, location=f"Town {n}") for n in range(2, 13)]
    assert _signs(database, _posting(1, 1), *towns).many_towns == "in 12 towns at once"


def test_a_posting_may_name_its_towns_itself(database: Database) -> None:
    towns = [f"Town {n}" for n in range(5)]
    assert _signs(database, _posting(1, 1, cities_derived=towns)).many_towns == "in 5 towns at once"
    assert _signs(database, _other(2, 1, cities_derived=towns[:4])).many_towns == ""


def test_a_company_that_posts_again(database: Database) -> None:
    titles = [_posting(n, 1, title=f"Job {n}") for n in range(2, 6)]
    again = [_posting(10 + n, 40, title=f"Job {n}") for n in range(2, 4)]
    closed_after = {posting.external_id: 2 for posting in again}
    found = _signs(database, _posting(1, 1), *titles, *again, closed_after=closed_after)
    assert found.company_reposts == "2 of 5 open postings of this company were posted again"
    assert found.shown == {"company_reposts": found.company_reposts}


def test_a_company_with_few_postings_is_unknown(database: Database) -> None:
    few = [_posting(n, 1, title=f"Job {n}") for n in range(2, 5)]
    assert _signs(database, _posting(1, 1), *few, _other(9, _EARLY)).company_reposts is None


def test_a_company_that_posts_once(database: Database) -> None:
    five = [_posting(n, 1, title=f"Job {n}") for n in range(1, 6)]
    assert _signs(database, *five, _other(9, _EARLY)).company_reposts == ""


def test_a_lone_posting_shows_no_sign(database: Database) -> None:
    found = _signs(database, _posting(1, 1))
    assert found.shown == {}
    assert not found.has_any(KINDS)
    assert found.unknown == ["reposted", "long_open", "company_reposts"]
