-- Purpose: claim a request before its call, with the most that it can cost. A request that is answered, rejected or
--          pending is not claimed, nor one of a user who is being erased.
-- Parameters: request_hash, user_id, job_id, model, prompt_version, profile_version, text_hash, attempt,
--             reserved_usd, batch_id, group_id, run_id.
-- Indexes: claude_requests_request_hash_key.
INSERT INTO claude_requests AS known (
    request_hash, user_id, job_id, model, prompt_version, profile_version, text_hash, attempt, state, attempts,
    reserved_usd, batch_id, group_id, run_id
)
SELECT :request_hash, users.id, jobs.id, :model, :prompt_version, :profile_version, :text_hash, :attempt, 'pending', 1,
       :reserved_usd, :batch_id, :group_id, :run_id
FROM users, jobs
WHERE users.id = :user_id
  AND users.active
  AND jobs.id = :job_id
ON CONFLICT (request_hash) DO UPDATE SET
    state = 'pending', attempts = known.attempts + 1, reserved_usd = excluded.reserved_usd,
    batch_id = excluded.batch_id, group_id = excluded.group_id, claimed_at = now(), error = NULL,
    run_id = excluded.run_id
WHERE known.state = 'failed'
RETURNING id
