"""Checks against the usual: each on a sound catalogue and on one with a planted fault, with numbers both times."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import text

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.defs.catalog.content_checks import duplicates_grouped, vectors_sound, volume_as_usual
from jobmatch_dagster.defs.enrichment.checks import budget_lasts, reasons_specific
from jobmatch_dagster.defs.matching.drift_checks import calibration_sound, profiles_sound, scores_as_usual
from jobmatch_dagster.defs.quality.assets import ranking_is_good
from jobmatch_dagster.defs.quality.figures import NDCG_FLOOR
from jobmatch_dagster.defs.raw.failure_checks import no_standing_failures
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster_tests.conftest import fresh_database
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World, build_world

_NOTHING = "Nothing to do."
_COPIED = (
    "title, company, url, date_created, record_hash, text_hash, ad_key, page_id, page_position, page_fetched_at, "
    "collection_hour"
)

# 25 answers of today at 0.05 USD each, twelve of them on matches, all with generic reasons.
_ANSWERED = (
    """
    INSERT INTO claude_requests (request_hash, user_id, job_id, model, prompt_version, profile_version, text_hash,
                                 state, cost_usd, answered_at)
    SELECT 'h' || n, (SELECT min(id) FROM users), (SELECT min(id) FROM jobs), 'm', '1', 1, 't', 'answered', 0.05, now()
    FROM generate_series(1, 25) AS n
    """,
    """
    INSERT INTO user_job_matches (user_id, job_id, semantic_score, match_score, profile_version, embedding_model,
                                  scoring_key, record_hash, claude_status, claude_score, claude_request_hash,
                                  claude_is_generic)
    SELECT (SELECT min(id) FROM users), id, 60, 60, 1, 'm', 's', 'r', 'done', 70, 'h' || row_number() OVER (), true
    FROM jobs
    ON CONFLICT (user_id, job_id) DO UPDATE SET claude_status = 'done', claude_score = 70,
        claude_request_hash = excluded.claude_request_hash, claude_is_generic = true
    """,
)
_PAGE_OF_HOUR = """
    INSERT INTO job_pages (sweep_id, generation, endpoint, window_start, window_end, filters, request, page_offset,
                           status, headers, body, sha256, record_count, last_page, fetched_at)
    SELECT gen_random_uuid(), generation, endpoint, '{start}', '{end}', filters, request, page_offset, status, headers,
           body, sha256, record_count, last_page, fetched_at
    FROM job_pages ORDER BY id LIMIT 1
"""
_JOBS_OF_HOUR = """
    INSERT INTO jobs (external_id, {columns})
    SELECT '{start}-' || n, title, company, url, '{start}', record_hash, text_hash, '{start}-' || n, page_id,
           page_position, page_fetched_at, '{start}'
    FROM (SELECT * FROM jobs ORDER BY id LIMIT 1) AS one, generate_series(1, {postings}) AS n
"""


@pytest.fixture(scope="module")
def held(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A collected hour and a matched user. Faults are planted inside of `_planted`, which takes them out again."""
    for url in fresh_database(postgres_url, template="jobmatch"):
        with build_world(url, tmp_path_factory.mktemp("held")) as world:
            world.take_in("ada", NURSE_CV)
            world.collect()
            yield world


def test_vectors(held: World) -> None:
    sound = _sound(vectors_sound, held, "database", "embedder")
    assert (sound["postings"], sound["dimension"], sound["vectors_missing"]) == (12, 384, 0)
    found = _faulty(held, vectors_sound, "DELETE FROM job_embeddings WHERE job_id = (SELECT min(id) FROM jobs)")
    assert (found["vectors_missing"], found.severity) == (1, dg.AssetCheckSeverity.WARN)
    twice = "UPDATE job_embeddings SET embedding = embedding + embedding WHERE job_id = (SELECT min(id) FROM jobs)"
    found = _faulty(held, vectors_sound, twice)
    assert (found["vectors_not_unit_length"], found.severity) == (1, dg.AssetCheckSeverity.ERROR)
    other = "UPDATE job_embeddings SET embedding = '[1,0,0]' WHERE job_id = (SELECT min(id) FROM jobs)"
    assert _faulty(held, vectors_sound, other)["dimensions"] == 2
    # Vectors are looked at of the model in force, and broken ones of the model that is built beside it.
    beside = "UPDATE embedding_models SET model = 'before'"
    found = _faulty(held, vectors_sound, beside)
    assert (found["embedding_model"], found["vectors_missing"], found["vectors_missing_of_configured_model"]) == (
        "before", 12, 0,
    )  # fmt: skip
    assert _faulty(held, vectors_sound, beside, twice).severity == dg.AssetCheckSeverity.ERROR


def test_duplicates(held: World) -> None:
    assert _sound(duplicates_grouped, held, "database")["postings"] == 12
    again = (
        f"INSERT INTO jobs (external_id, {_COPIED}) SELECT external_id || '-again', {_COPIED} FROM jobs "
        "ORDER BY id DESC LIMIT 1"
    )
    assert _faulty(held, duplicates_grouped, again)["ungrouped_pairs"] == 1


def test_volume(held: World) -> None:
    with _planted(held, *_usual_days(12)):
        assert _sound(volume_as_usual, held, "database", "clock")["days_compared"] >= 5
    found = _faulty(held, volume_as_usual, *_usual_days(200))
    assert found["postings"] == 12
    assert found["usual"] == 200
    assert found["ratio"] == pytest.approx(0.06)


def test_calibration(held: World) -> None:
    assert _sound(calibration_sound, held, "database", "embedder")["most_points_from_packaged"] == 0
    plant = (
        "INSERT INTO score_calibrations (model, knots, provenance) SELECT model, '{}', '{{}}' FROM score_calibrations"
    )
    assert _faulty(held, calibration_sound, plant.format("[[0, 0], [0.1, 100]]"))["most_points_from_packaged"] > 30
    assert _faulty(held, calibration_sound, plant.format("[[0, 50], [0.5, 10]]"))["rises"] is False
    # While another model is in force beside the configured one, it is that one which must have its calibration.
    found = _faulty(held, calibration_sound, "UPDATE embedding_models SET model = 'multilingual@1/torch/text-v2'")
    assert found["embedding_model"] == "multilingual@1/torch/text-v2"
    assert (found["made_for_this_model"], found["calibration_id"]) == (False, 0)


def test_drift(held: World) -> None:
    instance = dg.DagsterInstance.ephemeral()
    context = dg.build_asset_check_context(instance=instance)
    assert scores_as_usual(context).passed
    for score in (50, 51, 52, 49, 50, 50):
        _report(instance, score)
    first = scores_as_usual(context)
    assert first.passed
    assert first.metadata["match_score_drift"].value == 0
    _report(instance, 80)
    drifted = scores_as_usual(context)
    assert not drifted.passed
    assert drifted.metadata["match_score_drift"].value == 30
    assert "scoring_key" in drifted.metadata["recovery"].value


@pytest.mark.parametrize(
    ("figures", "passed"),
    [
        ({"ndcg_at_10": 0.95}, True),
        ({"ndcg_at_10": NDCG_FLOOR - 0.01}, False),
        ({"ndcg_at_10": 0.9, "bm25_ndcg_at_10": 0.91}, False),
        ({"ndcg_at_10": 0.9, "plain_cosine_ndcg_at_10": 0.91}, False),
        ({}, False),
    ],
)
def test_a_ranking_that_fell_is_red(figures: dict[str, float], passed: bool) -> None:
    instance = dg.DagsterInstance.ephemeral()
    usual = {"bm25_ndcg_at_10": 0.7, "plain_cosine_ndcg_at_10": 0.8}
    key = dg.AssetKey(["quality", "match_quality"])
    if figures:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata={**usual, **figures}))
    found = ranking_is_good(dg.build_asset_check_context(instance=instance))
    assert found.passed is passed
    assert found.severity is dg.AssetCheckSeverity.ERROR


def test_budget_and_reasons(held: World) -> None:
    claude = ClaudeResource(api_key="k", budget_usd_per_day=1.0)
    database, clock = default_resources()["database"], default_resources()["clock"]
    assert budget_lasts(database=database, claude=claude).passed
    assert reasons_specific(database=database, clock=clock).passed
    nothing = budget_lasts(database=database, claude=ClaudeResource(api_key="k", budget_usd_per_day=0.0))
    assert nothing.passed
    assert "budget of 0" in nothing.metadata["recovery"].value
    with _planted(held, *_ANSWERED):
        spent = budget_lasts(database=database, claude=claude)
        assert not spent.passed
        assert spent.metadata["spent_today_usd"].value == pytest.approx(1.25)
        few = reasons_specific(database=database, clock=clock)
        assert few.metadata["generic"].value == few.metadata["answers"].value == 12


def test_profiles(held: World) -> None:
    sound = _sound(profiles_sound, held, "database", "embedder")
    assert (sound["users"], sound["users_without_profile"], sound["dimensions"]) == (1, 0, 1)
    found = _faulty(held, profiles_sound, "UPDATE profile_embeddings SET embedding = embedding + embedding")
    assert found["vectors_not_unit_length"] == 1
    assert _faulty(held, profiles_sound, "DELETE FROM profile_embeddings")["vectors_missing"] == 1


def test_standing_failures(held: World) -> None:
    found = no_standing_failures(dg.build_asset_check_context(instance=held.instance))
    assert found.passed
    assert found.metadata["runs_looked_at"].value == 1


class _Found:
    """A check's result, its numbers by name."""

    def __init__(self, result: dg.AssetCheckResult) -> None:
        self.severity = result.severity
        self._numbers = {name: entry.value for name, entry in result.metadata.items()}

    def __getitem__(self, name: str) -> object:
        return self._numbers[name]


def _run(check: object, *resources: str) -> dg.AssetCheckResult:
    known = default_resources()
    result = check(**{name: known[name] for name in resources})  # type: ignore[operator]
    assert result.metadata["recovery"].value
    return result


def _sound(check: object, world: World, *resources: str) -> _Found:
    result = _run(check, *resources)
    assert result.passed
    assert result.metadata["recovery"].value == _NOTHING
    return _Found(result)


def _faulty(world: World, check: object, *plants: str) -> _Found:
    resources = {
        id(vectors_sound): ("database", "embedder"),
        id(calibration_sound): ("database", "embedder"),
        id(profiles_sound): ("database", "embedder"),
        id(volume_as_usual): ("database", "clock"),
    }.get(id(check), ("database",))
    with _planted(world, *plants):
        result = _run(check, *resources)
    assert not result.passed
    assert result.metadata["recovery"].value != _NOTHING
    return _Found(result)


class _planted:  # noqa: N801 (used like a function)
    """Statements that hold inside of the block: tables that they touch are put back afterwards."""

    _TABLES = (
        "profile_embeddings",
        "job_embeddings",
        "embedding_models",
        "user_job_matches",
        "claude_requests",
        "score_calibrations",
        "jobs",
        "job_pages",
    )

    def __init__(self, world: World, *statements: str) -> None:
        self._world, self._statements = world, statements

    def __enter__(self) -> None:
        with self._world.database.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA kept")
            for table in self._TABLES:
                connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE {table}")
            for statement in self._statements:
                connection.exec_driver_sql(statement)

    def __exit__(self, *_: object) -> None:
        with self._world.database.begin() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for table in self._TABLES:
                columns = ", ".join(
                    connection.scalars(
                        text(
                            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
                            "AND NOT attisdropped AND attgenerated = ''"
                        ),
                        {"table": table},
                    )
                )
                connection.exec_driver_sql(f"DELETE FROM {table}")
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{table}"
                )
            connection.exec_driver_sql("DROP SCHEMA kept CASCADE")


def _usual_days(postings: int) -> list[str]:
    """Statements that give each of the seven days before an hour of so many postings, answered for."""
    planted = []
    for days in range(1, 8):
        start = HOUR - timedelta(days=days)
        planted.append(_PAGE_OF_HOUR.format(start=start, end=start + timedelta(hours=1)))
        planted.append(_JOBS_OF_HOUR.format(columns=_COPIED, start=start, postings=postings))
    return planted


def _report(instance: dg.DagsterInstance, score: int) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            ["matching", "semantic_matches"],
            metadata={"pairs_kept": 100, "match_score_p50": score, "semantic_score_p50": 40},
        )
    )
