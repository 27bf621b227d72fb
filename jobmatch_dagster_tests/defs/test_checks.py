"""Each check on a sound catalog and on one with a planted fault; both times it reports numbers, and it only reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import Connection, Engine, event, text

from jobmatch_dagster.defs.quality.checks import NDCG_FLOOR
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster_tests.support.checks import CHECKS, run_check
from jobmatch_dagster_tests.support.databases import fresh_database
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World, build_world

_COPIED = (
    "title, company, url, date_created, record_hash, text_hash, ad_key, page_id, page_position, page_fetched_at, "
    "collection_hour"
)

# 25 answers of today at 0.05 USD each; twelve belong to matches, all of them with generic reasons.
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

# One posting stays in the newest hour; eleven move to the hour before, with 36 more.
_HOUR_BEFORE = f"""
    UPDATE jobs SET collection_hour = collection_hour - interval '1 hour' WHERE id > (SELECT min(id) FROM jobs);
    INSERT INTO jobs (external_id, title, company, url, date_created, record_hash, text_hash, ad_key, page_id,
                      page_position, page_fetched_at, collection_hour)
    SELECT 'more ' || id || n, title, company, url, date_created, '', '', '', page_id, 0, now(),
           '{HOUR - timedelta(hours=1)}'
    FROM jobs, generate_series(1, 3) AS n;
"""


@pytest.fixture(scope="module")
def matched(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A collected hour and a matched user. Faults are planted by `_planted`, which removes them again."""
    with (
        fresh_database(postgres_url, template="jobmatch") as url,
        build_world(url, tmp_path_factory.mktemp("matched")) as world,
    ):
        world.take_in("ada", NURSE_CV)
        world.collect()
        yield world


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_check_reads_in_read_only_transactions(name: str, matched: World) -> None:
    states: list[str] = []

    def note(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        cursor.execute("SHOW transaction_read_only")
        states.extend(cursor.fetchone() or ())

    engine = _resource_engine(matched)
    event.listen(engine, "commit", note)
    try:
        run_check(name, matched.instance)
    finally:
        event.remove(engine, "commit", note)
    assert set(states) <= {"on"}
    assert bool(states) is ("database" in CHECKS[name].required_resource_keys)


def test_fields(matched: World) -> None:
    assert _sound("ai_fields_covered")["skills_share"] == 1
    assert _faulty(matched, "ai_fields_covered", "UPDATE jobs SET ai_key_skills = NULL")["skills_share"] == 0
    assert _sound("enums_known")["unknown_values"] == 0
    strange = "UPDATE jobs SET ai_taxonomies_a = ARRAY['Space Travel'], updated_at = now() + interval '1 hour'"
    assert _faulty(matched, "enums_known", strange)["unknown_values"] == 1


def test_vectors(matched: World) -> None:
    sound = _sound("vectors_sound")
    assert (sound["postings"], sound["dimension"], sound["vectors_missing"]) == (12, 384, 0)
    found = _faulty(matched, "vectors_sound", "DELETE FROM job_embeddings WHERE job_id = (SELECT min(id) FROM jobs)")
    assert (found["vectors_missing"], found.severity) == (1, dg.AssetCheckSeverity.WARN)
    twice = "UPDATE job_embeddings SET embedding = embedding + embedding WHERE job_id = (SELECT min(id) FROM jobs)"
    found = _faulty(matched, "vectors_sound", twice)
    assert (found["vectors_not_unit_length"], found.severity) == (1, dg.AssetCheckSeverity.ERROR)
    other = "UPDATE job_embeddings SET embedding = '[1,0,0]' WHERE job_id = (SELECT min(id) FROM jobs)"
    assert _faulty(matched, "vectors_sound", other)["dimensions"] == 2
    # The vectors of the current model are examined, and those of the configured model that is being built.
    beside = "UPDATE embedding_models SET model = 'before'"
    found = _faulty(matched, "vectors_sound", beside)
    assert (found["embedding_model"], found["vectors_missing"], found["vectors_missing_of_configured_model"]) == (
        "before", 12, 0,
    )  # fmt: skip
    assert _faulty(matched, "vectors_sound", beside, twice).severity == dg.AssetCheckSeverity.ERROR


def test_duplicates(matched: World) -> None:
    assert _sound("duplicates_grouped")["postings"] == 12
    again = (
        f"INSERT INTO jobs (external_id, {_COPIED}) SELECT external_id || '-again', {_COPIED} FROM jobs "
        "ORDER BY id DESC LIMIT 1"
    )
    assert _faulty(matched, "duplicates_grouped", again)["ungrouped_pairs"] == 1


def test_volume(matched: World) -> None:
    with _planted(matched, *_usual_days(12)):
        assert _sound("volume_as_usual")["days_compared"] >= 5
    found = _faulty(matched, "volume_as_usual", *_usual_days(200))
    assert found["postings"] == 12
    assert found["usual_postings"] == 200
    assert found["ratio_to_usual"] == pytest.approx(0.06)


def test_row_counts_of_two_hours(matched: World) -> None:
    _sound("row_counts_steady")
    assert _faulty(matched, "row_counts_steady", _HOUR_BEFORE)["postings_hour_before"] == 47


def test_calibration(matched: World) -> None:
    assert _sound("calibration_sound")["most_points_from_packaged"] == 0
    plant = (
        "INSERT INTO score_calibrations (model, knots, provenance) SELECT model, '{}', '{{}}' FROM score_calibrations"
    )
    far = _faulty(matched, "calibration_sound", plant.format("[[0, 0], [0.1, 100]]"))
    assert far["most_points_from_packaged"] > 30
    assert f'"discard": {far["calibration_id"]}' in str(far["recovery"])
    assert _faulty(matched, "calibration_sound", plant.format("[[0, 50], [0.5, 10]]"))["rises"] is False
    # While another model than the configured one is current, that model must have its calibration.
    other = "UPDATE embedding_models SET model = 'multilingual@1/torch/text-v2'"
    found = _faulty(matched, "calibration_sound", other)
    assert found["embedding_model"] == "multilingual@1/torch/text-v2"
    assert (found["made_for_this_model"], found["calibration_id"]) == (False, 0)


def test_drift(matched: World) -> None:
    instance = dg.DagsterInstance.ephemeral()
    assert run_check("scores_as_usual", instance).passed
    for score in (50, 51, 52, 49, 50, 50):
        _report(instance, score)
    first = run_check("scores_as_usual", instance)
    assert first.passed
    assert first.metadata["match_score_drift"].value == 0
    _report(instance, 80)
    drifted = run_check("scores_as_usual", instance)
    assert not drifted.passed
    assert drifted.metadata["match_score_drift"].value == 30
    assert "scoring_key" in drifted.metadata["recovery"].value


@pytest.mark.parametrize(
    ("measured", "passed"),
    [
        ({"ndcg_at_10": 0.95}, True),
        ({"ndcg_at_10": NDCG_FLOOR - 0.01}, False),
        ({"ndcg_at_10": 0.9, "bm25_ndcg_at_10": 0.91}, False),
        ({"ndcg_at_10": 0.9, "plain_cosine_ndcg_at_10": 0.91}, False),
        ({}, False),
    ],
)
def test_ranking_below_baseline_or_floor_fails(measured: dict[str, float], passed: bool) -> None:
    instance = dg.DagsterInstance.ephemeral()
    usual = {"bm25_ndcg_at_10": 0.7, "plain_cosine_ndcg_at_10": 0.8}
    key = dg.AssetKey(["quality", "match_quality"])
    if measured:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata={**usual, **measured}))
    found = run_check("ranking_is_good", instance)
    assert found.passed is passed
    assert found.severity is dg.AssetCheckSeverity.WARN, "it stops nothing"


@pytest.mark.parametrize(
    ("measured", "passed"),
    [
        ({"claude_answers": 500, "claude_spearman": 0.4, "claude_drift": -9.0}, True),
        ({"claude_answers": 500, "claude_spearman": 0.1, "claude_drift": 0.0}, False),
        ({"claude_answers": 500, "claude_spearman": 0.4, "claude_drift": -11.0}, False),
        ({"claude_answers": 500, "claude_spearman": 0.4, "claude_drift": 11.0}, False),
        ({"claude_answers": 3}, True),
        ({}, True),
    ],
)
def test_scores_of_claude_that_moved_are_a_warning(measured: dict[str, float], passed: bool) -> None:
    instance = dg.DagsterInstance.ephemeral()
    key = dg.AssetKey(["quality", "match_quality"])
    if measured:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata=measured))
    found = run_check("claude_agrees", instance)
    assert found.passed is passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert ("note" in found.metadata) is ("claude_spearman" not in measured)


def test_budget_and_reasons(matched: World) -> None:
    claude = ClaudeResource(api_key="k", budget_usd_per_day=1.0)
    assert run_check("budget_lasts", claude=claude).passed
    assert run_check("reasons_specific").passed
    nothing = run_check("budget_lasts", claude=ClaudeResource(api_key="k", budget_usd_per_day=0.0))
    assert nothing.passed
    assert "budget is 0" in nothing.metadata["note"].value
    with _planted(matched, *_ANSWERED):
        spent = run_check("budget_lasts", claude=claude)
        assert not spent.passed
        assert spent.metadata["spent_today_usd"].value == pytest.approx(1.25)
        few = run_check("reasons_specific")
        assert few.metadata["generic"].value == few.metadata["answers"].value == 12


def test_profiles(matched: World) -> None:
    sound = _sound("profiles_sound")
    assert (sound["users"], sound["users_without_profile"], sound["dimensions"]) == (1, 0, 1)
    found = _faulty(matched, "profiles_sound", "UPDATE profile_embeddings SET embedding = embedding + embedding")
    assert found["vectors_not_unit_length"] == 1
    assert _faulty(matched, "profiles_sound", "DELETE FROM profile_embeddings")["vectors_missing"] == 1


def test_users_with_a_newer_profile_are_stale(matched: World) -> None:
    assert _sound("no_stale_users")["stale_users"] == 0
    found = _faulty(matched, "no_stale_users", "UPDATE user_match_state SET profile_version = 0")
    assert (found["stale_users"], found["users"]) == (1, "ada")


def test_threshold_that_nearly_all_pairs_reach_fails(matched: World) -> None:
    assert _sound("threshold_separates")["pairs"] == matched.scalar("SELECT count(*) FROM user_job_matches")
    found = _faulty(matched, "threshold_separates", "UPDATE user_job_matches SET semantic_score = 90")
    assert found["share_at_threshold"] == 1


def test_hours_without_a_failed_run(matched: World) -> None:
    assert run_check("no_standing_failures", matched.instance).metadata["runs_examined"].value == 1


class _Found:
    """The metadata of a check's result by name."""

    def __init__(self, result: dg.AssetCheckResult) -> None:
        self.severity = result.severity
        self._numbers = {name: entry.value for name, entry in result.metadata.items()}

    def __getitem__(self, name: str) -> object:
        return self._numbers[name]


def _sound(name: str) -> _Found:
    result = run_check(name)
    assert result.passed
    return _Found(result)


def _faulty(world: World, name: str, *faults: str) -> _Found:
    with _planted(world, *faults):
        result = run_check(name)
    assert not result.passed
    return _Found(result)


_TABLES = ("profile_embeddings", "job_embeddings", "embedding_models", "user_job_matches", "user_match_state",
           "claude_requests", "score_calibrations", "jobs", "job_pages")  # fmt: skip
_STORED_COLUMNS = text(
    "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped "
    "AND attgenerated = ''"
)


@contextmanager
def _planted(world: World, *statements: str) -> Iterator[None]:
    """Run the statements for the block alone: the tables that they may change are restored afterwards."""
    with world.database.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for table in _TABLES:
            connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE {table}")
        for statement in statements:
            connection.exec_driver_sql(statement)
    try:
        yield
    finally:
        with world.database.begin() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for table in _TABLES:
                columns = ", ".join(connection.scalars(_STORED_COLUMNS, {"table": table}))
                connection.exec_driver_sql(f"DELETE FROM {table}")
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{table}"
                )
            connection.exec_driver_sql("DROP SCHEMA kept CASCADE")


def _resource_engine(world: World) -> Engine:
    """The engine that the code location's resource reads through."""
    resources = world.defs.resources or {}
    return resources["database"].database().engine


def _usual_days(postings: int) -> list[str]:
    """Statements that add a collected hour of so many postings to each of the seven days before."""
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
