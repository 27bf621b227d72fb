-- Purpose: the chosen postings that one of these users has a match with.
-- Parameters: user_ids (bigint[]); reads the temporary table postings_to_match.
-- Indexes: user_job_matches_job.
SELECT p.job_id
FROM postings_to_match AS p
WHERE EXISTS (
    SELECT FROM user_job_matches AS m WHERE m.job_id = p.job_id AND m.user_id = ANY(:user_ids)
)
