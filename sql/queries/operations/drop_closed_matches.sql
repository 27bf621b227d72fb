-- Purpose: drop matches of postings that closed long ago and on which their users never decided, with an event each; at
--          most `limit` at a time.
-- Parameters: before (timestamptz), limit, run_id.
-- Indexes: none; one scan of jobs, then user_job_matches_job.
WITH removed AS (
DELETE FROM user_job_matches
WHERE (user_id, job_id) IN (
    SELECT m.user_id, m.job_id
    FROM jobs
    JOIN user_job_matches AS m ON m.job_id = jobs.id
    WHERE jobs.closed_at < CAST(:before AS timestamptz)
      AND m.status = 'new'
    LIMIT :limit
)
RETURNING user_id, job_id, profile_version, coalesce(claude_score, match_score) AS score, priority, scoring_key
)
INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key, run_id)
SELECT user_id, job_id, 'left', 'closed', profile_version, score, priority, scoring_key, :run_id
FROM removed
