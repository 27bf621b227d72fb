-- Purpose: current matches of one user or of all, each user's best first, in the order of match_list and of the cap.
-- Parameters: user_key (NULL: all users), status (NULL: any), since (updated then or later; NULL: any time),
--   only_open (without closed postings that the user has decided on), most (rows).
-- Indexes: users_user_key_key, user_job_matches_best, jobs_pkey.
SELECT *
FROM current_matches
WHERE (CAST(:user_key AS text) IS NULL OR user_id = (SELECT id FROM users WHERE user_key = :user_key))
  AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:since AS timestamptz) IS NULL OR updated_at >= :since)
  AND (NOT CAST(:only_open AS boolean) OR closed_at IS NULL)
ORDER BY user_id, exact_score DESC NULLS LAST, external_id
LIMIT :most
