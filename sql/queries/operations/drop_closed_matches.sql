-- Purpose: drop matches of postings that closed long ago and on which their users never decided; at most `limit` at
--          a time.
-- Parameters: before (timestamptz), limit.
-- Indexes: none; one scan of jobs, then user_job_matches_job.
DELETE FROM user_job_matches
WHERE (user_id, job_id) IN (
    SELECT m.user_id, m.job_id
    FROM jobs
    JOIN user_job_matches AS m ON m.job_id = jobs.id
    WHERE jobs.closed_at < CAST(:before AS timestamptz)
      AND m.status = 'new'
    LIMIT :limit
)
