-- Purpose: note why a pair still waits: it is in a message batch, or its last call got no answer. A row that already
--          says so is not touched.
-- Parameters: user_id, job_id, status (waiting or pending), reason, request_hash.
-- Indexes: user_job_matches_pkey.
UPDATE user_job_matches SET
    claude_status = :status, claude_reason = :reason, claude_request_hash = :request_hash, updated_at = now()
WHERE user_id = :user_id AND job_id = :job_id
  AND claude_status IN ('waiting', 'pending')
  AND (claude_status, claude_reason, claude_request_hash) IS DISTINCT FROM (:status, :reason, :request_hash)
