-- Purpose: number of pairs that wait for Claude, of all active users or of these, and how many of them are in message
--          batches. Pairs that the user rejected do not count.
-- Parameters: user_keys (text[] or NULL for all).
-- Indexes: user_job_matches_claude.
SELECT count(*) AS pairs, count(*) FILTER (WHERE claude_status = 'pending') AS in_batches
FROM user_job_matches
JOIN users ON users.id = user_id
WHERE claude_status IN ('waiting', 'pending')
  AND user_job_matches.status <> 'rejected'
  AND users.active
  AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
