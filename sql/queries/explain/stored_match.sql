-- Purpose: the stored match of a user with a posting, its place among the user's open
--          ones, and the ledger's row behind it.
-- Parameters: user_key, external_id.
-- Indexes: users_user_key_key, user_job_matches_pkey, user_job_matches_best, claude_requests_request_hash_key.
SELECT m.exact_score, m.stated_percent, m.read_percent, m.semantic_score, m.match_score, m.skills_score, m.experience_score, m.industry_score,
       m.work_arrangement_score, m.priority, m.filters, m.matching_skills, m.missing_skills, m.skill_hits,
       m.match_reasoning, m.status, m.decided_at, m.created_at, m.updated_at, m.profile_version, m.scoring_key,
       m.record_hash, m.run_id, m.claude_status, m.claude_score, m.claude_reason, m.claude_request_hash,
       m.claude_raw_score, m.claude_band_low, m.claude_band_high, m.claude_deviation, m.claude_items_dropped,
       m.claude_is_generic, m.claude_model, m.prompt_version, m.posting_signs, m.key_alignments, m.potential_gaps,
       r.state AS request_state, r.attempts, r.model AS request_model, r.prompt_version AS request_prompt_version,
       m.cv_label, r.answer, r.usage, r.cost_usd, r.batch_id, r.run_id AS request_run_id, listed.place, listed.kept
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
LEFT JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE o.exact_score > m.exact_score) + 1 AS place, count(*) AS kept
    FROM user_job_matches AS o
    JOIN jobs AS open ON open.id = o.job_id AND open.closed_at IS NULL
    WHERE o.user_id = m.user_id
) AS listed
WHERE users.user_key = :user_key
  AND jobs.external_id = :external_id
