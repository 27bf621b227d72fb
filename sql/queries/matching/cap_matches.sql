-- Purpose: keep each user's best matches over the whole list, so that slices of the catalog compose. Which users are
--          over it is asked before (users_over_cap.sql): in one statement the planner, which has no counts of rows that
--          this transaction wrote, may look for them once for every row.
-- Parameters: user_ids (bigint[]), most (rows kept per user).
-- Indexes: user_job_matches_best, user_job_matches_pkey, jobs_pkey.
DELETE FROM user_job_matches AS m
USING (
    SELECT user_id, job_id
    FROM (
        SELECT m.user_id, m.job_id,
               row_number() OVER (
                   PARTITION BY m.user_id ORDER BY m.exact_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM user_job_matches AS m
        JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
        WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND m.status = 'new'
    ) AS ranked
    WHERE place > :most
) AS beyond
WHERE m.user_id = beyond.user_id AND m.job_id = beyond.job_id AND m.user_id = ANY(CAST(:user_ids AS bigint[]))
