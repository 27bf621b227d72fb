-- Purpose: decisions from the legacy project; their pairs have no score until they are matched.
-- Parameters: user_ids (bigint[]), external_ids, statuses (text[]), times (timestamptz[]), aligned.
-- Indexes: jobs_external_id_key.
WITH carried AS (
    INSERT INTO user_job_matches (user_id, job_id, status, decided_at, run_id)
    SELECT d.user_id, jobs.id, d.status, coalesce(d.decided_at, now()), 'legacy'
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:external_ids AS text[]), CAST(:statuses AS text[]),
                CAST(:times AS timestamptz[])) AS d (user_id, external_id, status, decided_at)
    JOIN jobs ON jobs.external_id = d.external_id
    ORDER BY d.user_id, jobs.id
    RETURNING user_id, job_id, status, decided_at
)
INSERT INTO user_answers (user_id, job_id, stage, decided_at)
SELECT user_id, job_id, status, decided_at FROM carried
