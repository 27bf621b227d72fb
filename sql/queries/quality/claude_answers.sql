-- Purpose: the newest answers of Claude with the score of their pair, and what they were made with. Users are identified
--          by their id.
-- Parameters: most (answers at most).
-- Indexes: claude_requests_request_hash_key; one scan of user_job_matches.
SELECT m.user_id, m.match_score, m.claude_score, m.claude_model, m.prompt_version, r.answered_at
FROM user_job_matches AS m
LEFT JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
WHERE m.claude_score IS NOT NULL AND m.match_score IS NOT NULL
ORDER BY r.answered_at DESC NULLS LAST, m.user_id, m.job_id
LIMIT :most
