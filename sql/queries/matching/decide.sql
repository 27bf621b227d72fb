-- Purpose: set the user's own decision on a match; the time of an equal decision stays.
-- Parameters: user_key, external_id, decision. Gives one row (changed), or none without a match.
-- Indexes: users_user_key_key, jobs_external_id_key, user_job_matches_pkey.
WITH found AS (
    SELECT m.user_id, m.job_id, m.status IS DISTINCT FROM :decision AS changed
    FROM user_job_matches AS m
    JOIN users ON users.id = m.user_id AND users.user_key = :user_key
    JOIN jobs ON jobs.id = m.job_id AND jobs.external_id = :external_id
), decided AS (
    UPDATE user_job_matches SET status = :decision, decided_at = now()
    FROM found
    WHERE (user_job_matches.user_id, user_job_matches.job_id) = (found.user_id, found.job_id) AND found.changed
)
SELECT changed FROM found
