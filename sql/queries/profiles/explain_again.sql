-- Purpose: let a user's open pairs that Claude explained wait again, after their language of the reasons changed. In
--          the order of the key, as the matching writes them, so that the two never wait for each other.
-- Parameters: user_id.
-- Indexes: user_job_matches_pkey, jobs_pkey.
WITH explained AS MATERIALIZED (
    SELECT m.user_id, m.job_id
    FROM user_job_matches AS m
    JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
    WHERE m.user_id = :user_id AND m.claude_status = 'done' AND m.status IN ('new', 'saved')
    ORDER BY m.job_id
    FOR NO KEY UPDATE OF m
)
UPDATE user_job_matches AS m
SET claude_status = 'waiting', claude_score = NULL, updated_at = now()
FROM explained AS e
WHERE m.user_id = :user_id AND m.user_id = e.user_id AND m.job_id = e.job_id
