-- Purpose: let pairs wait for Claude again.
-- Parameters: request_hash ('' for none), prompt_version ('' for none), generic (boolean).
-- Indexes: one scan of user_job_matches.
UPDATE user_job_matches
SET claude_status = 'waiting', claude_score = NULL, updated_at = now()
WHERE (:request_hash <> '' AND claude_request_hash = :request_hash)
   OR (:prompt_version <> '' AND prompt_version = :prompt_version AND status IN ('new', 'saved'))
   OR (CAST(:generic AS boolean) AND claude_is_generic AND status IN ('new', 'saved'))
RETURNING job_id
