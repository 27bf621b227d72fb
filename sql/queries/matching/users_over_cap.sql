-- Purpose: users whose list is longer than it may be. What takes a place is an open posting that the user has not
--          decided on; decided rows and closed postings stay beside.
-- Parameters: user_ids (bigint[]), most (rows kept per user).
-- Indexes: user_job_matches_best, jobs_pkey.
SELECT m.user_id
FROM user_job_matches AS m
JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND m.status = 'new'
GROUP BY m.user_id
HAVING count(*) > :most
