"""Matching in the database: slices compose, a kill leaves nothing behind, nobody sees half of two versions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import event, text

from jobmatch_dagster.bench.matching import MODEL, fill
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, DEFAULT_PROVENANCE, Calibration
from jobmatch_dagster.core.matching.judge import judge
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.db.catalog.embedding_models import ensure_current_model, read_current_model
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.matching.calibrations import (
    ensure_calibration,
    insert_calibration,
    read_calibration,
)
from jobmatch_dagster.db.matching.chosen_postings import choose_open_postings
from jobmatch_dagster.db.matching.similar_skills import SkillEncoder
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users, users_out_of_date
from jobmatch_dagster.pipeline.matching.pairs import read_derived, read_pairs
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.resources.embedder import EmbedderResource

USERS, POSTINGS = 6, 48
_ROWS = """
    SELECT user_key, external_id, similarity, exact_score, semantic_score, match_score, skills_score, experience_score,
           industry_score, work_arrangement_score, priority, matching_skills, missing_skills, skill_hits::text,
           filters::text, match_reasoning, status, m.profile_version, m.scoring_key
    FROM user_job_matches AS m JOIN users ON users.id = m.user_id JOIN jobs ON jobs.id = m.job_id
    ORDER BY user_key, external_id
"""


@pytest.fixture
def market(database: Database) -> Database:
    """48 postings and 6 users with random vectors; half of the users ask for something."""
    records = postings_of_hour(datetime(2026, 11, 1, tzinfo=UTC), count=POSTINGS)
    fill(database, [normalise_record(record) for record in records], USERS)
    return database


def _settings(**options: int) -> MatchSettings:
    return MatchSettings(MODEL, Weights(), **{"keep_best": 1_000, **options})


def _rows(database: Database) -> list[tuple]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(_ROWS))]


def _run(database: Database, statement: str, **parameters: object) -> None:
    with database.begin() as connection:
        connection.execute(text(statement), parameters)


@pytest.mark.parametrize("keep_best", [1_000, 7])
def test_slices_compose_to_one_full_match(market: Database, keep_best: int) -> None:
    settings = _settings(keep_best=keep_best)
    match_new_postings(market, settings, "run", at_once=2)  # 24 slices
    slices = _rows(market)
    _run(market, "TRUNCATE user_job_matches, job_match_state")
    match_users(market, settings, "run", [str(n) for n in range(USERS)])
    assert _rows(market) == slices
    assert max(sum(row[0] == str(n) for row in slices) for n in range(USERS)) <= keep_best
    assert len(slices) > USERS


@pytest.mark.parametrize(
    "out",
    [
        "UPDATE jobs SET closed_at = now(), closed_reason = 'age'",
        "UPDATE user_job_matches SET status = 'rejected', decided_at = now()",
    ],
)
def test_closed_and_decided_postings_take_no_place_in_the_list(market: Database, out: str) -> None:
    settings = _settings(keep_best=5, floor=0)
    later = "WHERE id > (SELECT min(id) + 23 FROM jobs)"
    _run(market, f"UPDATE jobs SET closed_at = now(), closed_reason = 'age' {later}")
    match_new_postings(market, settings, "first hour")
    first = {row[:2] for row in _rows(market)}
    _run(market, out)
    _run(market, f"UPDATE jobs SET closed_at = NULL, closed_reason = NULL {later}")
    match_new_postings(market, settings, "second hour")
    for run in ("second hour", "user by user"):
        kept = [row[:2] for row in _rows(market)]
        assert first <= set(kept)
        assert [sum(row[0] == str(n) and row not in first for row in kept) for n in range(USERS)] == [5] * USERS, run
        match_users(market, settings, "user by user", [str(n) for n in range(USERS)])


def test_a_second_run_finds_nothing_to_do(market: Database) -> None:
    match_new_postings(market, _settings(), "first")
    stamps = "SELECT md5(string_agg(xmin::text, ',' ORDER BY user_id, job_id)) FROM user_job_matches"
    with market.begin() as connection:
        before = connection.scalar(text(stamps))
    report = match_new_postings(market, _settings(), "second")
    assert (report.postings, report.kept, report.inserted, report.updated) == (0, 0, 0, 0)
    with market.begin() as connection:
        assert connection.scalar(text(stamps)) == before


def test_pairs_of_equal_rank_are_not_written_and_then_removed(market: Database) -> None:
    users = [str(n) for n in range(USERS)]
    match_users(market, _settings(), "run", users)
    _run(
        market,
        "UPDATE job_facts SET (skills, experience_level, industries, work_arrangement, derived) = "
        "(SELECT skills, NULL, industries, NULL, derived FROM job_facts ORDER BY job_id LIMIT 1)",
    )
    _run(market, "UPDATE job_embeddings SET embedding = (SELECT embedding FROM job_embeddings ORDER BY job_id LIMIT 1)")
    _run(market, "TRUNCATE user_job_matches")
    match_users(market, _settings(keep_best=7), "first", users)
    first = _rows(market)
    assert len({row[3] for row in first if row[0] == "0"}) == 1, "all pairs of a user have one score"
    report = match_users(market, _settings(keep_best=7), "second", users)
    assert report.kept > len(first) == report.unchanged
    assert (report.inserted, report.updated, report.removed) == (0, 0, 0)


@pytest.mark.parametrize("statement", [1, 4, 7, 10, 13, 16, 19, 22, 26, 30, 38, 46])
def test_a_kill_after_any_statement_is_as_none(market: Database, statement: int) -> None:
    with _killed_after(market, statement):
        match_new_postings(market, _settings(keep_best=9), "killed", at_once=20)
    match_new_postings(market, _settings(keep_best=9), "run", at_once=20)
    survived = _rows(market)
    _run(market, "TRUNCATE user_job_matches, job_match_state, job_facts")
    match_new_postings(market, _settings(keep_best=9), "run", at_once=20)
    assert _rows(market) == survived


def test_skills_outside_the_table_are_compared_once(market: Database) -> None:
    _run(market, "UPDATE jobs SET ai_key_skills = '{personal hygiene,Zither}', record_hash = record_hash || id")
    _run(market, "UPDATE cv_profiles SET skills = '{Hygiene}'")
    embedded: list[str] = []

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return EmbedderResource().encode(texts).vectors

    settings = replace(_settings(), similar_skills=SkillEncoder(MODEL, encode))
    match_new_postings(market, settings, "run", at_once=2)
    assert embedded.count("personal hygiene") == embedded.count("zither") == 1
    slices = _rows(market)
    hits = {row[13] for row in slices}
    assert hits == {'[["similar", "personal hygiene", "Hygiene"]]'}
    assert {row[6] for row in slices} == {35}

    with market.begin() as connection:
        chosen = choose_open_postings(connection, MODEL)
        loaded = read_pairs(connection, settings, chosen, read_derived(connection, settings, chosen), ["0"])
        calibration = read_calibration(connection, MODEL).calibration
        ids = connection.scalars(text("SELECT external_id FROM jobs ORDER BY id")).all()
    judged = {
        external_id: judge(loaded.pair(0, place, calibration.lens), loaded.rules, calibration)
        for place, external_id in enumerate(ids)
    }
    assert {row[1]: (row[6], row[5]) for row in slices if row[0] == "0"} == {
        row[1]: (judged[row[1]].parts.skills, judged[row[1]].score) for row in slices if row[0] == "0"
    }

    _run(market, "TRUNCATE user_job_matches, job_match_state")
    match_users(market, settings, "run", [str(n) for n in range(USERS)])
    assert _rows(market) == slices
    assert embedded.count("zither") == 1


def test_known_and_new_pairs_of_one_slice_are_counted_apart(market: Database) -> None:
    first = match_new_postings(market, _settings(), "first")
    _run(market, "DELETE FROM user_job_matches WHERE job_id % 2 = 0")
    _run(market, "UPDATE user_job_matches SET status = 'saved', decided_at = now()")
    _run(market, "UPDATE jobs SET record_hash = record_hash || 'x' WHERE id % 3 = 0")
    _run(market, "DELETE FROM job_match_state")
    with market.begin() as connection:
        kept = connection.scalar(text("SELECT count(*) FROM user_job_matches"))
        changed = connection.scalar(text("SELECT count(*) FROM user_job_matches WHERE job_id % 3 = 0"))
    second = match_new_postings(market, _settings(), "second")
    assert (second.inserted, second.updated, second.unchanged) == (first.inserted - kept, changed, kept - changed)
    with market.begin() as connection:
        saved = connection.scalar(text("SELECT count(*) FROM user_job_matches WHERE status = 'saved'"))
    assert saved == kept


def test_evidence_is_kept_with_the_match(market: Database) -> None:
    match_new_postings(market, _settings(), "run")
    with market.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT m.skill_hits, m.matching_skills, m.missing_skills, f.skills AS wanted, p.skills "
                "FROM user_job_matches m JOIN job_facts f USING (job_id) JOIN cv_profiles p USING (user_id)"
            )
        ).all()
    assert {kind for row in rows for kind, _, _ in row.skill_hits or ()} >= {"exact", "related"}
    for row in rows:
        for kind, asked, own in row.skill_hits or ():
            assert asked in row.wanted
            assert own in row.skills
            assert (asked in (row.matching_skills or ())) == (kind in {"exact", "alias", "fuzzy"})
        assert not set(row.missing_skills or ()) & {asked for _, asked, _ in row.skill_hits or ()}


def test_a_new_profile_replaces_the_old_ones_matches_at_once(market: Database) -> None:
    match_new_postings(market, _settings(floor=0), "run")
    _run(
        market,
        "INSERT INTO cv_profiles (user_id, version, document_id, skills, evidence, embedding_text, text_hash, "
        "extractor_version) SELECT user_id, 2, document_id, '{Nursing}', '{}', 't', 't', 1 FROM cv_profiles "
        "WHERE user_id = (SELECT id FROM users WHERE user_key = '0')",
    )
    vector = "[" + ",".join(["0.051"] * 384) + "]"
    _run(
        market,
        "INSERT INTO profile_embeddings (profile_id, model, text_hash, embedding) "
        "SELECT id, :model, 't', CAST(:vector AS vector) FROM cv_profiles WHERE version = 2",
        model=MODEL, vector=vector,
    )  # fmt: skip
    _run(market, "DELETE FROM job_match_state WHERE mod(job_id, 2) = 0")
    with _killed_after(market, 30):  # after the hour's own step, before or in the user's
        match_new_postings(market, _settings(floor=0), "killed")
    versions = {row[-2] for row in _rows(market) if row[0] == "0"}
    assert len(versions) == 1
    match_new_postings(market, _settings(floor=0), "run")
    assert {row[-2] for row in _rows(market) if row[0] == "0"} == {2}
    with market.begin() as connection:
        assert users_to_match(connection) == []


def test_a_changed_preference_makes_the_list_stale_and_is_applied(market: Database) -> None:
    match_new_postings(market, _settings(floor=0), "run")
    _run(
        market,
        "INSERT INTO user_preferences (user_id, needs_visa) SELECT id, true FROM users WHERE user_key = '0' "
        "ON CONFLICT (user_id) DO UPDATE SET version = user_preferences.version + 1, needs_visa = true, "
        "locations = NULL, languages = NULL, min_salary = NULL",
    )
    with market.begin() as connection:
        assert [user.user_key for user in users_to_match(connection)] == ["0"]
    match_new_postings(market, _settings(floor=0), "run")
    with market.begin() as connection:
        assert users_to_match(connection) == []
        kept = connection.execute(
            text(
                "SELECT m.filters, jobs.ai_visa_sponsorship AS visa FROM user_job_matches AS m "
                "JOIN users ON users.id = m.user_id JOIN jobs ON jobs.id = m.job_id WHERE user_key = '0'"
            )
        ).all()
    assert kept
    assert all(row.filters == {"visa": "fits" if row.visa else "unknown"} for row in kept)
    assert all(row.visa is not False for row in kept)


def test_a_changed_arrangement_changes_the_stored_scores(market: Database) -> None:
    accept = (
        "INSERT INTO user_preferences (user_id, work_arrangements) SELECT id, ARRAY[:accepted] FROM users "
        "WHERE user_key = '0' ON CONFLICT (user_id) DO UPDATE SET version = user_preferences.version + 1, "
        "work_arrangements = excluded.work_arrangements, locations = NULL, languages = NULL, min_salary = NULL"
    )
    _run(market, accept, accepted="Hybrid")
    match_new_postings(market, _settings(), "run")
    before = _rows(market)
    _run(market, accept, accepted="Remote OK")
    match_new_postings(market, _settings(), "run")
    after = _rows(market)
    assert after != before
    _run(market, "TRUNCATE user_job_matches")
    match_users(market, _settings(), "run", [str(n) for n in range(USERS)])
    assert _rows(market) == after


def test_what_a_posting_leaves_open_takes_no_match_out(market: Database) -> None:
    _run(
        market,
        "UPDATE jobs SET cities_derived = NULL, regions_derived = NULL, countries_derived = '{Germany}', "
        "location = 'Germany', remote_derived = false, ai_work_arrangement = 'On-site', ai_salary_minvalue = 50000, "
        "ai_salary_maxvalue = NULL, ai_salary_value = NULL, ai_salary_unittext = 'YEAR', ai_salary_currency = 'EUR'",
    )
    _run(market, "DELETE FROM user_preferences")
    _run(
        market,
        "INSERT INTO user_preferences (user_id, locations, min_salary, salary_currency) "
        "SELECT id, '{Berlin}', 55000, 'EUR' FROM users",
    )
    match_users(market, _settings(), "run", [str(n) for n in range(USERS)])
    filters = {row[14] for row in _rows(market)}
    assert filters == {'{"salary": "unknown", "location": "unknown"}'}


def test_decisions_are_never_touched(market: Database) -> None:
    match_new_postings(market, _settings(), "run")
    _run(market, "UPDATE user_job_matches SET status = 'rejected', decided_at = now() WHERE mod(job_id, 3) = 0")
    decided = [row for row in _rows(market) if row[-3] == "rejected"]
    match_users(market, _settings(floor=101), "run", [str(n) for n in range(USERS)])
    assert _rows(market) == decided


def test_a_full_match_goes_on_where_it_was_killed(market: Database) -> None:
    settings = _settings()
    with market.begin() as connection:
        assert len(users_out_of_date(connection, settings)) == USERS
    match_users(market, settings, "killed", ["0", "1"])
    with market.begin() as connection:
        assert users_out_of_date(connection, settings) == ["2", "3", "4", "5"]
        assert len(users_out_of_date(connection, _settings(floor=40))) == USERS
        assert len(users_out_of_date(connection, _settings(keep_best=2_000))) == USERS


def test_a_new_model_is_used_once_it_is_complete(market: Database) -> None:
    with market.begin() as connection:
        assert ensure_current_model(connection, MODEL) == MODEL
        assert ensure_current_model(connection, "new") == MODEL
    copy = "INSERT INTO {0} SELECT {1}, 'new', text_hash, embedding FROM {0} ON CONFLICT DO NOTHING"
    for table, owner in (("job_embeddings", "job_id"), ("profile_embeddings", "profile_id")):
        with market.begin() as connection:
            assert ensure_current_model(connection, "new") == MODEL
        _run(market, copy.format(table, owner))
    with market.begin() as connection:
        assert ensure_current_model(connection, "new") == "new"


@pytest.mark.parametrize(("postings", "fitted"), [(200, True), (48, False)])
def test_another_model_is_fitted_before_it_scores(database: Database, postings: int, fitted: bool) -> None:
    other = "multilingual@1/torch/text-v1/words-1"
    records = postings_of_hour(datetime(2026, 11, 1, tzinfo=UTC), count=postings)
    fill(database, [normalise_record(record) for record in records], USERS)
    for table in ("job_embeddings", "profile_embeddings"):
        _run(database, f"UPDATE {table} SET model = :model", model=other)
    report = match_new_postings(database, replace(_settings(), model=other), "run")
    assert report.embedding_model == other
    with database.begin() as connection:
        stored_calibration = read_calibration(connection, other)
        rows = connection.scalar(
            text("SELECT count(*) FROM user_job_matches WHERE calibration_id = :id"), {"id": stored_calibration.id}
        )
    assert stored_calibration.is_of(other) == fitted
    assert stored_calibration.provenance.get("pairs") == (postings * USERS if fitted else DEFAULT_PROVENANCE["pairs"])
    assert rows == len(_rows(database)) > 0


def test_readers_write_no_calibration_and_switch_no_model(market: Database) -> None:
    with market.begin() as connection:
        assert read_calibration(connection, MODEL).id == 0
        assert read_current_model(connection, MODEL) == MODEL
        written = "SELECT (SELECT count(*) FROM score_calibrations) + (SELECT count(*) FROM embedding_models)"
        assert connection.scalar(text(written)) == 0
        connection.execute(text("INSERT INTO embedding_models (model) VALUES ('before')"))
        assert read_current_model(connection, MODEL) == "before"
        assert ensure_current_model(connection, MODEL) == read_current_model(connection, MODEL) == MODEL


def test_a_calibration_outlives_a_change_of_the_word_lists(database: Database) -> None:
    model, steps = "m@1/torch/text-v2/words-{}", Calibration(((0.0, 0), (0.5, 100)))
    with database.begin() as connection:
        fitted = insert_calibration(connection, model.format("a"), steps, {"source": "fitted"}, None)
        taken = ensure_calibration(connection, model.format("b"))
        assert taken.calibration == steps
        assert taken.provenance == {"source": "fitted", "taken_over_from": fitted}
        assert taken.id > fitted
        assert read_calibration(connection, model.format("b")) == taken
        assert read_calibration(connection, "m@1/torch/text-v3/words-a").calibration == DEFAULT_CALIBRATION


def test_a_calibration_can_be_deleted_and_the_one_before_holds_again(market: Database) -> None:
    match_new_postings(market, _settings(), "run")
    with market.begin() as connection:
        first = read_calibration(connection, MODEL)
        insert_calibration(connection, MODEL, Calibration(((0.0, 0), (0.1, 100))), {"source": "bad"}, None)
    before = _rows(market)
    match_new_postings(market, _settings(), "run")
    assert _rows(market) != before
    _run(market, "DELETE FROM score_calibrations WHERE id > :id", id=first.id)
    match_new_postings(market, _settings(), "run")
    assert _rows(market) == before


class _KilledError(Exception):
    pass


@contextmanager
def _killed_after(database: Database, statement: int) -> Iterator[None]:
    """Let the database's n-th statement be the last: what follows fails as for a process that is gone."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise _KilledError

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield
    except _KilledError:
        pass
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
