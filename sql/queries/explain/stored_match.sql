-- Purpose: the stored match of a user with a posting, its place among the user's open
--          ones, and the ledger's row behind it.
-- Parameters: user_key, external_id.
-- Indexes: users_user_key_key, user_job_matches_user_id_job_id_key, user_job_matches_best, claude_requests_request_hash_key.
SELECT m.*, r.state AS request_state, r.attempts, r.model AS request_model, r.prompt_version AS request_prompt_version,
       r.answer, r.usage, r.cost_usd, r.batch_id, r.run_id AS request_run_id, r.answered_at, listed.place, listed.kept
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
LEFT JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE o.relevance > m.relevance) + 1 AS place, count(*) AS kept
    FROM user_job_matches AS o
    JOIN jobs AS open ON open.id = o.job_id AND open.closed_at IS NULL
    WHERE o.user_id = m.user_id
) AS listed
WHERE users.user_key = :user_key
  AND jobs.external_id = :external_id
