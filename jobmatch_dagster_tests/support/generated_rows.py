"""Many rows of `jobs` and `user_job_matches`, made by the database itself: for plans, numbers and loads."""

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_script

_PAGE = text("""
    INSERT INTO job_pages (sweep_id, generation, endpoint, filters, request, page_offset, status, headers, body, sha256,
                           record_count, last_page, fetched_at)
    SELECT gen_random_uuid(), 'g1', '1h', '{}', '{}', 0, 200, '{}', '', md5(CAST(n AS text)), 100, true,
           now() - n * interval '1 hour'
    FROM generate_series(1, 2000) AS n
""")
_JOBS = text("""
    INSERT INTO jobs (external_id, title, company, location, description, url, source, date_posted, date_created,
                      ai_experience_level, ai_work_arrangement, ai_key_skills, ai_keywords, ai_taxonomies_a,
                      ai_job_language, ai_salary_currency, ai_salary_minvalue, ai_education_requirements,
                      ai_working_hours, ai_visa_sponsorship, extra, record_hash, text_hash, ad_key, cluster_id,
                      closed_at, closed_reason, page_id, page_position, page_fetched_at, collection_hour, inserted_at)
    SELECT CAST(n AS text), (ARRAY['Nurse', 'Java Developer', 'Koch', 'Sales Manager'])[1 + n % 4] || ' ' || n % 97,
           'Company ' || n % 5000, 'Berlin',
           repeat('We look for somebody who works with us on number ' || n || '. Wir suchen Verstärkung. ', :lines),
           'https://example.org/' || n, (ARRAY['greenhouse', 'lever', 'join.com', NULL, 'personio'])[1 + n % 5],
           now() - n % 4000 * interval '1 hour', created,
           (ARRAY['0-2', '2-5', '5-10', '10+', NULL])[1 + h % 5],
           (ARRAY['On-site', 'Hybrid', 'Remote OK', 'Remote Solely', NULL])[1 + h / 7 % 5],
           CASE WHEN h % 150 > 0 THEN ARRAY['skill ' || h % 900, 'skill ' || h % 31] END,
           ARRAY['word ' || h % 1300, 'word ' || h % 17],
           CASE WHEN h % 400 > 0 THEN ARRAY['Technology', 'Industry ' || h % 30] END,
           (ARRAY['German', 'English', NULL])[1 + h % 3],
           CASE WHEN h % 2 = 0 THEN 'EUR' END, CASE WHEN h % 2 = 0 THEN 30000 + h % 50000 END,
           CASE WHEN h % 6 > 0 THEN ARRAY['bachelor degree'] END, CASE WHEN h % 3 > 0 THEN 40 END, h % 9 = 0,
           '{}', md5(CAST(n AS text)), md5(CAST(n AS text)), md5(CAST(n % 50000 AS text)), NULL,
           CASE WHEN h % 3 = 0 THEN now() END, CASE WHEN h % 3 = 0 THEN 'age' END,
           (SELECT min(id) FROM job_pages) + n % 2000, n, now(), date_trunc('hour', created, 'UTC'),
           created + h % 9000 * interval '1 second'
    FROM (
        SELECT n, abs(hashint4(n)) AS h, now() - n % 4000 * interval '1 hour' - interval '3 minutes' AS created
        FROM generate_series(1, :jobs) AS n
    ) AS numbers
""")
_HANGING_ON = """
    INSERT INTO job_sightings (job_id, first_seen_at, last_seen_at, last_page_id, sightings)
    SELECT id, inserted_at, now(), page_id, 2 FROM jobs WHERE id % 10 = 1;
    INSERT INTO job_embeddings (job_id, model, text_hash, embedding)
    SELECT id, 'm', text_hash, '[1,0]' FROM jobs WHERE id % 10 = 1;
"""
_REQUESTS = """
    INSERT INTO claude_requests (request_hash, user_id, job_id, model, prompt_version, profile_version, text_hash,
                                 state)
    SELECT 'hash ' || user_id || ' ' || job_id, user_id, job_id, 'm', 'p', 1, 't', 'pending'
    FROM user_job_matches WHERE claude_status = 'done'
"""
_CLUSTERS = """
    INSERT INTO job_clusters (cluster_key) SELECT CAST(id AS text) FROM jobs WHERE id % 40 = 0;
    UPDATE jobs SET cluster_id = c.id FROM job_clusters AS c
    WHERE jobs.external_id IN (c.cluster_key, CAST(CAST(c.cluster_key AS bigint) + 1 AS text))
"""
_MATCHES = text("""
    INSERT INTO user_job_matches (user_id, job_id, exact_score, semantic_score, match_score, claude_score,
                                  claude_status, status, decided_at, missing_skills, profile_version, embedding_model,
                                  scoring_key, record_hash)
    SELECT users.id, jobs.id, CASE WHEN h % 13 > 0 THEN h % 10001 / 100.0 END, h % 101,
           CASE WHEN h % 13 > 0 THEN h / 3 % 101 END,
           CASE WHEN h % 4 = 0 THEN h / 5 % 101 END,
           CASE WHEN h % 4 = 0 THEN 'done' WHEN h % 4 = 1 THEN 'waiting' END,
           (ARRAY['new', 'new', 'new', 'saved', 'applied', 'rejected'])[1 + h % 6],
           CASE WHEN h % 6 > 2 THEN now() - h % 500 * interval '1 hour' END,
           CASE WHEN h % 5 > 0 THEN ARRAY['Skill ' || h % 40, 'SKILL ' || h % 7] END, 1, 'm', 's', jobs.record_hash
    FROM users
    CROSS JOIN LATERAL (
        SELECT jobs.*, abs(hashint8(jobs.id * 31 + users.id)) AS h FROM jobs
        WHERE jobs.id % GREATEST(1, (SELECT max(id) FROM jobs) / :each) = users.id % 3
    ) AS jobs
    ON CONFLICT DO NOTHING
""")


def fill(connection: Connection, *, jobs: int, users: int, matches_of_each: int, lines: int = 1) -> None:
    """Fill the tables of an empty database; the indexes are built afterwards, which is faster."""
    indexes = connection.execute(
        text(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition "
            "FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = CAST('jobs' AS regclass) AND NOT i.indisunique"
        )
    ).all()
    for index in indexes:
        connection.exec_driver_sql(f'DROP INDEX "{index.relname}"')
    connection.execute(_PAGE)
    connection.execute(_JOBS, {"jobs": jobs, "lines": lines})
    run_script(connection, _CLUSTERS)
    run_script(connection, _HANGING_ON)
    for index in indexes:
        connection.exec_driver_sql(index.definition)
    connection.execute(
        text("INSERT INTO users (user_key) SELECT 'user ' || n FROM generate_series(1, :users) AS n"), {"users": users}
    )
    connection.execute(_MATCHES, {"each": max(matches_of_each, 1)})
    run_script(connection, _REQUESTS)
    connection.exec_driver_sql("ANALYZE")
