"""The matching part of `make bench`: the engine against a matrix product, COPY, pgvector and the legacy loop.

Belongs here: the measurements of matching and their market. `run.py` prints the table.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from jobmatch_dagster.bench.timing import Measured, Taken, in_turn
from jobmatch_dagster.core.matching.likeness import similarities
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.db.connection.bulk import copy_into
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.temporary import temporary_database
from jobmatch_dagster.db.matching.calibrations import ensure_calibration
from jobmatch_dagster.db.matching.match_rows import MATCH_LINE_COLUMNS
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users
from jobmatch_dagster.pipeline.matching.settings import CurrentScoring, MatchSettings
from jobmatch_dagster.pipeline.quality.evaluate import add_postings
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.settings import FolderSettings

# The name of the packaged model: its calibration applies.
MODEL, DIMENSION = "all-MiniLM-L6-v2@bench", 384
TOP = 200
# Each user keeps this many of an hour's postings, as a user with a full list does.
KEPT_OF_AN_HOUR = 20
_SETTINGS = MatchSettings(MODEL, Weights(), KEPT_OF_AN_HOUR)
# A posting that fills the catalog: it counts as open, embedded and matched.
_FILLING = """
    INSERT INTO jobs (external_id, title, company, url, date_created, page_id, page_position, page_fetched_at,
                      collection_hour, record_hash, text_hash, ad_key)
    SELECT 'filling-' || n, 'Filling', 'Filling', 'https://jobs.invalid/' || n, now(), 1, 0, now(), now(), 'r', 't',
           'filling-' || n
    FROM generate_series(1, :count) AS n
"""


@dataclass(frozen=True)
class Sizes:
    """Size of the market: small in `make bench`, the full size with `--load`.

    Attributes:
        users: users of an hour.
        postings: postings of an hour.
        loaded: postings that are loaded.
        matched_with_one: postings that one user is matched with.
        compared_with_one: postings whose similarity to one user is computed.
        legacy_users: users of the legacy loop.
        texts: texts that are embedded.
        catalogs: other open postings in the catalog of an hour, few and many; None leaves this comparison out.
        rounds: how often each time is taken.
        growth_rounds: the same for the times at several sizes.
    """

    users: int = 1_000
    postings: int = 1_000
    loaded: int = 5_000
    matched_with_one: int = 3_882
    compared_with_one: int = 20_000
    legacy_users: int = 20
    texts: int = 128
    catalogs: tuple[int, int] | None = None
    rounds: int = 7
    growth_rounds: int = 3


QUICK = Sizes(
    users=40, postings=TOP + 50, loaded=200, matched_with_one=200, compared_with_one=TOP + 300, legacy_users=2,
    texts=12, catalogs=(10, 100), rounds=1, growth_rounds=1,
)  # fmt: skip
LOAD = Sizes(users=10_000, compared_with_one=100_000, legacy_users=100, catalogs=(10_000, 1_000_000))


def bench_database() -> AbstractContextManager[Database]:
    """A temporary database for a measurement."""
    return temporary_database(FolderSettings.read().data_folder)


def kernel(sizes: Sizes) -> Measured:
    """Cosines of users and postings, against one float32 product with its top rows."""
    rng = np.random.default_rng(1)
    users, postings = unit(rng, sizes.users), unit(rng, sizes.postings)
    seconds = in_turn(
        sizes.rounds,
        lambda: similarities(users, postings),
        lambda: np.argpartition(-(users @ postings.T), TOP, axis=1)[:, :TOP],
    )
    return Measured(f"cosines of {sizes.users:,} x {sizes.postings:,}", f"sgemm and top {TOP}", *seconds, goal=1.5)


def hour(sizes: Sizes, postings: list[Posting]) -> Iterator[Measured]:
    """Matching of an hour, against one product and a COPY of the same rows; then an hour without news."""
    with bench_database() as database:
        users, jobs = fill(database, postings, sizes.users)
        lines: list[str] = []

        def forget() -> None:
            with database.begin() as connection:
                connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state")

        match_new_postings(database, _SETTINGS, "bench")  # stores the facts, once
        with database.begin() as connection:
            columns = ", ".join(MATCH_LINE_COLUMNS)
            lines += _copy_out(connection, f"SELECT {columns} FROM user_job_matches")
            connection.exec_driver_sql(
                "CREATE TABLE bare (LIKE user_job_matches INCLUDING ALL, FOREIGN KEY (user_id) REFERENCES users, "
                "FOREIGN KEY (job_id) REFERENCES jobs)"
            )

        def baseline() -> None:
            np.argpartition(-(users @ jobs.T), TOP, axis=1)
            with database.begin() as connection:
                _copy_in(connection, "bare", MATCH_LINE_COLUMNS, lines)

        def full_hour() -> None:
            forget()
            match_new_postings(database, _SETTINGS, "bench")

        def before() -> None:
            forget()
            with database.begin() as connection:
                connection.exec_driver_sql("TRUNCATE bare")

        seconds = in_turn(
            sizes.rounds, lambda: match_new_postings(database, _SETTINGS, "bench"), baseline, before=before
        )
        yield Measured(
            f"an hour of {sizes.postings:,} x {sizes.users:,}: five parts, filters, {len(lines):,} rows written",
            "sgemm, top, COPY of the rows",
            *seconds,
            goal=2.5,
        )
        forget()
        empty = in_turn(
            sizes.rounds,
            lambda: match_new_postings(database, _SETTINGS, "bench"),
            full_hour,
            baseline_first=True,
        )
        yield Measured("an hour with nothing new", "the full hour", *empty)


def one_user(sizes: Sizes, postings: list[Posting]) -> Iterator[Measured]:
    """Matching of one user with all postings, and the similarity alone against a plain pgvector query."""
    with bench_database() as database:
        fill(database, postings, 1)
        settings = MatchSettings(MODEL, Weights(), 1_000)
        match_users(database, settings, "bench", ["0"])
        taken, _ = in_turn(sizes.rounds, lambda: match_users(database, settings, "bench", ["0"]), lambda: None)
        two_seconds = Taken((2.0,) * sizes.rounds)
        yield Measured(
            f"one user x {len(postings):,}: filters, five parts, rows", "two seconds", taken, two_seconds, goal=1
        )
        yield _against_pgvector(database, sizes)


def legacy(sizes: Sizes, postings: list[Posting]) -> Measured:
    """Matching, against the legacy loop: one pair at a time, lower-cased exact skills, an INSERT each."""
    with bench_database() as database:
        fill(database, postings, sizes.legacy_users)
        with database.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE legacy_matches (user_id bigint, job_id bigint, score integer, matching text[], "
                "missing text[], PRIMARY KEY (user_id, job_id))"
            )

        def forget() -> None:
            with database.begin() as connection:
                connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state, legacy_matches")

        settings = MatchSettings(MODEL, Weights(), 1_000)
        match_new_postings(database, settings, "bench")
        rounds = 1 if sizes.legacy_users > 50 else sizes.rounds
        seconds = in_turn(
            rounds,
            lambda: match_new_postings(database, settings, "bench"),
            lambda: _legacy_loop(database),
            before=forget,
        )
    work = f"{len(postings):,} postings x {sizes.legacy_users} users"
    return Measured(work, "legacy loop, an INSERT for each pair", *seconds)


def catalog(postings: list[Posting], filling: int, rounds: int) -> Taken:
    """Seconds of hours with these postings, in a catalog of `filling` more that are open and matched."""
    with bench_database() as database:
        fill(database, postings, 1_000)
        with database.begin() as connection:
            connection.execute(text(_FILLING), {"count": filling})
            vector = "[" + ",".join(["0.051"] * DIMENSION) + "]"
            connection.execute(
                text(
                    "INSERT INTO job_embeddings (job_id, model, text_hash, embedding) SELECT id, :model, 't', "
                    "CAST(:vector AS vector) FROM jobs WHERE title = 'Filling'"
                ),
                {"model": MODEL, "vector": vector},
            )
        settings = MatchSettings(MODEL, Weights(), KEPT_OF_AN_HOUR)
        # The filling counts as matched: its own matching is not measured.
        key = scoring_key_of(database, settings)
        with database.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO job_match_state (job_id, bucket, record_hash, scoring_key) "
                    "SELECT id, 0, record_hash, :key FROM jobs WHERE title = 'Filling' ON CONFLICT DO NOTHING"
                ),
                {"key": key},
            )
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        match_new_postings(database, settings, "bench")

        def forget() -> None:
            with database.begin() as connection:
                connection.exec_driver_sql(
                    "DELETE FROM job_match_state WHERE job_id IN (SELECT id FROM jobs WHERE title <> 'Filling')"
                )
                connection.exec_driver_sql("TRUNCATE user_job_matches")

        return in_turn(rounds, lambda: match_new_postings(database, settings, "bench"), lambda: None, before=forget)[0]


def hours_of(postings: list[Posting], users: Sequence[int], rounds: int) -> dict[int, Taken]:
    """Seconds of matching these postings with as many users, by number of users."""
    found = {}
    for count in users:
        with bench_database() as database:
            fill(database, postings, count)

            def forget(database: Database = database) -> None:
                with database.begin() as connection:
                    connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state")

            match_new_postings(database, _SETTINGS, "bench")  # stores the facts, once

            def match(database: Database = database) -> None:
                match_new_postings(database, _SETTINGS, "bench")

            found[count] = in_turn(rounds, match, lambda: None, before=forget)[0]
    return found


def fill(database: Database, postings: list[Posting], users: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Store these postings and `users` users with random vectors; returns the vectors of users and of postings."""
    rng = np.random.default_rng(2)
    people = [postings[int(place)] for place in rng.integers(0, len(postings), users)]
    user_vectors, job_vectors = unit(rng, users), unit(rng, len(postings))
    with database.begin() as connection:
        add_postings(connection, postings, wall_time())
        ids = connection.execute(text("SELECT id, text_hash FROM jobs ORDER BY id")).all()
        rows: Any = ((row.id, MODEL, row.text_hash, vector) for row, vector in zip(ids, job_vectors, strict=True))
        copy_into(connection, "job_embeddings", ("job_id", "model", "text_hash", "embedding"), rows)
        copy_into(connection, "users", ("user_key",), ((str(n),) for n in range(users)))
        connection.exec_driver_sql(
            "INSERT INTO cv_documents (user_id, file_name, content, sha256, status, text) "
            "SELECT id, 'cv.txt', '', user_key, 'read', '' FROM users"
        )
        documents = connection.execute(text("SELECT user_id, id FROM cv_documents ORDER BY user_id")).all()
        rows = (
            (
                document.user_id, 1, document.id, person.ai_key_skills, person.ai_experience_level,
                person.ai_taxonomies_a, [person.ai_work_arrangement] if person.ai_work_arrangement else None,
                {}, "t", "t", 1,
            )
            for document, person in zip(documents, people, strict=True)
        )  # fmt: skip
        columns = (
            "user_id", "version", "document_id", "skills", "experience_level", "industries", "work_arrangements",
            "evidence", "embedding_text", "text_hash", "extractor_version",
        )  # fmt: skip
        copy_into(connection, "cv_profiles", columns, rows)
        profiles = connection.execute(text("SELECT id FROM cv_profiles ORDER BY user_id")).all()
        rows = ((row.id, MODEL, "t", vector) for row, vector in zip(profiles, user_vectors, strict=True))
        copy_into(connection, "profile_embeddings", ("profile_id", "model", "text_hash", "embedding"), rows)
        # Every second user has preferences.
        connection.exec_driver_sql(
            "INSERT INTO user_preferences (user_id, locations, languages, min_salary, salary_currency) "
            "SELECT id, '{Germany,Berlin}', '{English,German}', 20000, 'EUR' FROM users WHERE mod(id, 2) = 0"
        )
        connection.exec_driver_sql(
            "INSERT INTO user_match_state (user_id, profile_version, preferences_version, scoring_key) "
            "SELECT users.id, 1, coalesce(u.version, 0), 'bench' FROM users "
            "LEFT JOIN user_preferences AS u ON u.user_id = users.id"
        )
    return user_vectors, job_vectors


def scoring_key_of(database: Database, settings: MatchSettings) -> str:
    """The scoring key that the stage would store."""
    with database.begin() as connection:
        return CurrentScoring(settings, ensure_calibration(connection, settings.model)).key


def unit(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Random unit vectors of shape (count, 384)."""
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _against_pgvector(database: Database, sizes: Sizes) -> Measured:
    """Similarity with many postings, against `ORDER BY embedding <=> vector` on a table as wide as `jobs`."""
    count = sizes.compared_with_one
    rng = np.random.default_rng(3)
    jobs, user = unit(rng, count), unit(rng, 1)
    with database.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE wide (id bigint, body text, embedding vector({DIMENSION}))")
        copy_into(connection, "wide", ("id", "body", "embedding"), ((n, "x" * 3_000, v) for n, v in enumerate(jobs)))
    query = "SELECT id FROM wide ORDER BY embedding <=> CAST(:vector AS vector), id LIMIT :top"
    parameters = {"vector": "[" + ",".join(map(repr, user[0].tolist())) + "]", "top": TOP}
    exact: list[int] = []

    def ask() -> None:
        with database.begin() as connection:
            exact[:] = connection.scalars(text(query), parameters).all()

    def engine() -> NDArray[np.int64]:
        found = similarities(user, jobs)[0]
        first = np.argpartition(-found, TOP)[:TOP]
        best: NDArray[np.int64] = first[np.lexsort((first, -found[first]))]
        return best

    ask()
    recall = len(set(engine().tolist()) & set(exact)) / TOP
    seconds = in_turn(sizes.rounds, engine, ask)
    work = f"one user x {count:,}: similarity and top {TOP} (recall {recall:.3f})"
    return Measured(work, "pgvector, wide table", *seconds, goal=round(1 / 6, 3))


def _legacy_loop(database: Database) -> None:
    with database.begin() as connection:
        jobs = connection.execute(text("SELECT id, ai_key_skills FROM jobs ORDER BY id")).all()
        for user in connection.execute(text("SELECT user_id, skills FROM cv_profiles ORDER BY user_id")).all():
            for job in jobs:
                own = {skill.lower() for skill in user.skills or ()}
                wanted = {skill.lower() for skill in job.ai_key_skills or ()}
                connection.execute(
                    text("INSERT INTO legacy_matches VALUES (:user, :job, :score, :matching, :missing)"),
                    {
                        "user": user.user_id, "job": job.id,
                        "score": round(100 * len(own & wanted) / len(wanted)) if wanted else 0,
                        "matching": sorted(own & wanted), "missing": sorted(wanted - own),
                    },
                )  # fmt: skip


def _copy_out(connection: Connection, query: str) -> list[str]:
    stream = io.StringIO()
    connection.connection.cursor().copy_expert(f"COPY ({query}) TO STDOUT", stream)
    return stream.getvalue().splitlines(keepends=True)


def _copy_in(connection: Connection, table: str, columns: tuple[str, ...], lines: list[str]) -> None:
    cursor = connection.connection.cursor()
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO("".join(lines)))
