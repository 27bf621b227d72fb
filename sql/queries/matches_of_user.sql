-- Purpose: a user's current matches, best first.
-- Parameters: user_key, most (how many).
-- Indexes: users_user_key_key, user_job_matches_best, jobs_pkey.
SELECT *
FROM current_matches
WHERE user_id = (SELECT id FROM users WHERE user_key = :user_key)
ORDER BY match_score DESC NULLS LAST, semantic_score DESC NULLS LAST
LIMIT :most
