-- Purpose: the chosen postings that one of these users has a match with.
-- Parameters: job_ids (bigint[], the chosen postings), user_ids (bigint[]).
-- Indexes: user_job_matches_job.
SELECT job_id
FROM unnest(CAST(:job_ids AS bigint[])) AS chosen (job_id)
WHERE EXISTS (
    SELECT FROM user_job_matches AS m WHERE m.job_id = chosen.job_id AND m.user_id = ANY(:user_ids)
)
