"""Decisions as they are stored, against the scores beside them."""

import pytest

from jobmatch_dagster import api
from jobmatch_dagster.defs.quality.metrics_metadata import answers_metadata
from jobmatch_dagster.pipeline.quality.stored_scores import measure_stored
from jobmatch_dagster_tests.support.world import World

# Every posting is in ada's list, each with another score.
_LIST_ALL = """
INSERT INTO user_job_matches (user_id, job_id, exact_score, match_score, profile_version, embedding_model, scoring_key,
                              record_hash)
SELECT users.id, jobs.id, 90 - row_number() OVER (ORDER BY jobs.id), 50, 1, 'm', 's', jobs.record_hash
FROM users CROSS JOIN jobs
ON CONFLICT (user_id, job_id) DO UPDATE SET exact_score = excluded.exact_score
"""


@pytest.mark.matched
def test_decisions_are_compared_with_the_list(world: World) -> None:
    with world.database.read() as connection:
        before = measure_stored(connection).answers
    assert (before.answers, before.users) == (0, [])
    shown = answers_metadata(before)
    assert "answers_agreement" not in shown
    assert shown["answers_agreement_interval"].startswith("unknown: it needs two users who liked 3 postings")
    with world.database.begin() as connection:
        connection.exec_driver_sql(_LIST_ALL)
    listed = world.scalar(
        "SELECT array_agg(external_id ORDER BY exact_score DESC) FROM user_job_matches JOIN jobs ON jobs.id = job_id"
    )
    decisions = ["saved", "applied", "saved", *["rejected"] * 3]
    for external_id, decision in zip([*listed[:3], *listed[-3:]], decisions, strict=True):
        api.decide(world.database, "ada", external_id, decision)
    with world.database.read() as connection:
        found = measure_stored(connection).answers
    assert (found.answers, found.users_measured, found.ndcg_at_10, found.agreement) == (6, 1, 1, 1)
    [line] = answers_metadata(found)["answers_by_user"].records
    assert line.data["users.id"] == world.scalar("SELECT id FROM users"), "metadata outlives a user: no key in it"
    api.decide(world.database, "ada", listed[0], "new")
    with world.database.read() as connection:
        taken_back = measure_stored(connection).answers
    assert (taken_back.answers, taken_back.users_measured, taken_back.agreement) == (5, 0, None)
