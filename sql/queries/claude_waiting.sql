-- Purpose: how many pairs wait for Claude, of all active users or of these.
-- Parameters: user_keys (text[] or NULL for all).
-- Indexes: user_job_matches_claude.
SELECT count(*) AS pairs
FROM user_job_matches
JOIN users ON users.id = user_id
WHERE claude_status = 'waiting'
  AND users.active
  AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
