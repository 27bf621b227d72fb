-- Purpose: a user's current matches, best first, in the order of best_matches and of the cap.
-- Parameters: user_key, most (how many).
-- Indexes: users_user_key_key, user_job_matches_best, jobs_pkey.
SELECT *
FROM current_matches
WHERE user_id = (SELECT id FROM users WHERE user_key = :user_key)
ORDER BY relevance DESC NULLS LAST, match_score DESC NULLS LAST, external_id
LIMIT :most
