-- Purpose: the stored match of a user with a posting, its place in the user's list, and what was paid for it.
-- Parameters: user_key, external_id.
-- Indexes: users_user_key_key, user_job_matches_user_id_job_id_key, user_job_matches_best.
SELECT m.match_score, m.semantic_score, m.skills_score, m.experience_score, m.industry_score,
       m.work_arrangement_score, m.similarity, m.priority, m.status, m.decided_at, m.profile_version, m.scoring_key,
       m.record_hash, m.match_reasoning, m.claude_score, m.claude_status, m.claude_reason, m.claude_request_hash,
       m.claude_model, m.prompt_version, m.run_id, m.updated_at, r.cost_usd, r.state AS request_state,
       (SELECT count(*) FROM user_job_matches AS o WHERE o.user_id = m.user_id AND o.relevance > m.relevance)
           + 1 AS place,
       (SELECT count(*) FROM user_job_matches AS o WHERE o.user_id = m.user_id) AS kept
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
LEFT JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
WHERE users.user_key = :user_key
  AND jobs.external_id = :external_id
