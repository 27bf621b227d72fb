"""Statistics as pages: the catalog after every hour, a week of the market, the skills that open most."""

from typing import Any

import pytest

from jobmatch_dagster import api
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster_tests.support.world import NOW, World


def _metadata(result: Any, asset: str) -> dict[str, Any]:
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == asset)
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_every_hour_counts_the_catalog(world: World) -> None:
    metadata = _metadata(world.collect(), "job_statistics")
    page = metadata["page"]
    counted = api.job_statistics(world.database, NOW)
    assert metadata["jobs"] == counted.total == 12
    for source in counted.by_source:
        assert source.replace(".", "") in page.replace(".", "") or "data:image" in page
    assert page.count("data:image/png") == 6
    assert f"| postings | {counted.total} |" in page
    assert "| table | bytes |" in metadata["storage"]
    assert not [name for name in metadata if name.startswith("bytes_")]
    assert all(len(str(value)) < 9 for name, value in metadata.items() if isinstance(value, float))


@pytest.mark.collected
def test_a_week_is_counted_beside_the_one_before(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET collection_hour = collection_hour - interval '7 days' WHERE mod(id, 3) = 0"
        )
        connection.exec_driver_sql(
            "UPDATE jobs SET ai_salary_minvalue = 40000 + id, ai_salary_maxvalue = NULL, ai_salary_value = NULL, "
            "ai_salary_unittext = 'YEAR', ai_salary_currency = 'EUR', ai_taxonomies_a = '{Sales}', "
            "ai_experience_level = '2-5', ai_key_skills = '{Python}'"
        )
    result = run_job(world.defs, world.instance, "weekly_trends", partition_key="2026-11-16")
    metadata = _metadata(result, "market_trends")
    assert metadata["postings"] == 8
    assert "| postings | 8 | 4 | +100 % |" in metadata["page"]
    assert "| Python | 8 | 4 |" in metadata["page"]
    assert "| Sales | 2-5 | EUR | 8 |" in metadata["page"]
    # The week before has another one before it, of which nothing is known.
    earlier = run_job(world.defs, world.instance, "weekly_trends", partition_key="2026-11-09")
    assert "| postings | 4 | 0 | unknown |" in _metadata(earlier, "market_trends")["page"]


@pytest.mark.matched
def test_skills_that_open_postings_complete_matches(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET missing_skills = '{Go,SQL,Rust}'")
        connection.exec_driver_sql(
            "UPDATE user_job_matches SET missing_skills = '{Go,go}' "
            "WHERE job_id = (SELECT min(job_id) FROM user_job_matches)"
        )
    user = api.user_statistics(world.database, "ada")
    assert user.opening_skills == {"Go": 1}
    assert set(user.missing_skills) == {"Go", "SQL", "Rust"}
