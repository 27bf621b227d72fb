-- Purpose: write what an answer says about a pair, and an event if it explains it. A pair that was matched again in the meantime stays unchanged.
-- Parameters: a value for every column that is set; user_id, job_id, profile_version,
--   record_hash, run_id.
-- Indexes: user_job_matches_pkey.
WITH written AS (
UPDATE user_job_matches SET
    claude_score = :score, claude_status = :status, claude_reason = :reason, claude_request_hash = :request_hash,
    priority = coalesce(:priority, priority), match_reasoning = coalesce(:reasoning, match_reasoning),
    key_alignments = CAST(:alignments AS jsonb), potential_gaps = CAST(:gaps AS jsonb),
    claude_raw_score = :raw_score, claude_band_low = :band_low, claude_band_high = :band_high,
    claude_deviation = :deviation, claude_items_dropped = :items_dropped, claude_is_generic = :is_generic,
    posting_signs = CAST(:signs AS text[]), prompt_version = :prompt_version, claude_model = :model, updated_at = now()
WHERE user_id = :user_id AND job_id = :job_id
  AND claude_status IN ('waiting', 'pending')
  AND (profile_version, record_hash) = (:profile_version, :record_hash)
RETURNING user_id, job_id, claude_status, claude_score, priority, scoring_key
)
INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key, run_id)
SELECT user_id, job_id, 'explained', :prompt_version, :profile_version, claude_score, priority, scoring_key, :run_id
FROM written
WHERE claude_status = 'done'
