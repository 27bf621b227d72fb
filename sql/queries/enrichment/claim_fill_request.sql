-- Purpose: claim a request about a CV before its call, with the most that it can cost. An answered or pending request
--          is not claimed, but one that a killed run left pending is, after an hour. A request of a user who is being
--          erased is never claimed.
-- Parameters: request_hash, user_id, document_id, model, reserved_usd, run_id.
-- Indexes: profile_requests_request_hash_key.
INSERT INTO profile_requests AS known (request_hash, user_id, document_id, model, state, reserved_usd, run_id)
SELECT :request_hash, users.id, :document_id, :model, 'pending', :reserved_usd, :run_id
FROM users
WHERE users.id = :user_id
  AND users.active
ON CONFLICT (request_hash) DO UPDATE SET
    state = 'pending', attempts = known.attempts + 1, claimed_at = now(), error = NULL, run_id = excluded.run_id,
    lost_usd = known.lost_usd + CASE WHEN known.state = 'pending' THEN known.reserved_usd ELSE 0 END,
    reserved_usd = excluded.reserved_usd
WHERE known.state = 'failed' OR (known.state = 'pending' AND known.claimed_at < now() - interval '1 hour')
RETURNING id
