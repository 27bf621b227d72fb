"""Faults that are planted, found by a check, and repaired by what its recovery says, as printed and without SQL."""

import pytest
from sqlalchemy import text

from jobmatch_dagster_tests.support.checks import follow, run_check
from jobmatch_dagster_tests.support.world import World

# Check: what spoils it.
_FAULTS = {
    "vectors_sound": "UPDATE job_embeddings SET embedding = l2_normalize(embedding) * 2::real",
    "vectors_sound, missing": "DELETE FROM job_embeddings WHERE job_id = (SELECT min(job_id) FROM job_embeddings)",
    "profiles_sound": "UPDATE profile_embeddings SET embedding = l2_normalize(embedding) * 2::real",
    "no_stale_users": "UPDATE user_match_state SET profile_version = 0",
    "calibration_sound": (
        "INSERT INTO score_calibrations (model, knots, provenance) SELECT model, '[[0, 90], [0.5, 10]]', "
        '\'{"source": "a slip"}\' FROM score_calibrations ORDER BY id DESC LIMIT 1'
    ),
    "duplicates_grouped": (
        "UPDATE jobs SET ad_key = first.ad_key, text_hash = first.text_hash, cluster_id = NULL "
        "FROM (SELECT id, ad_key, text_hash FROM jobs ORDER BY id LIMIT 1) AS first WHERE jobs.id = first.id + 1"
    ),
}
_SUM = "SELECT sum(match_score), sum(exact_score), count(*) FROM user_job_matches"


@pytest.mark.matched
@pytest.mark.parametrize("fault", _FAULTS)
def test_a_recovery_text_repairs_what_its_check_found(fault: str, world: World) -> None:
    name = fault.partition(",")[0]
    assert run_check(name, world.instance).passed
    with world.database.begin() as connection:
        before = connection.execute(text(_SUM)).one()
        statement = _FAULTS[fault].replace(" * 2::real", "::vector").replace("l2_normalize(embedding)", _LONGER)
        assert connection.exec_driver_sql(statement).rowcount > 0
    failed = run_check(name, world.instance)
    assert not failed.passed
    recovery = str(failed.metadata["recovery"].value)
    assert not any(word in recovery for word in ("SELECT ", "UPDATE ", "DELETE "))
    assert follow(recovery, world.defs, world.instance) >= 1
    assert run_check(name, world.instance).passed
    with world.database.begin() as connection:
        assert connection.execute(text(_SUM)).one() == before


_LONGER = "(SELECT array_agg(2 * x) FROM unnest(embedding::real[]) AS x)"
