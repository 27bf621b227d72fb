-- Purpose: the newest decisions of users with the score that orders their lists. Users are identified by their id.
-- Parameters: most (decisions at most).
-- Indexes: none; one scan of user_job_matches.
SELECT user_id, exact_score, status IN ('saved', 'applied') AS liked
FROM user_job_matches
WHERE status <> 'new' AND exact_score IS NOT NULL
ORDER BY decided_at DESC NULLS LAST, user_id, job_id
LIMIT :most
