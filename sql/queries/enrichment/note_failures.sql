-- Purpose: note that pending requests got no answer. They may be asked again, unless they failed too often or the API
--          will never answer them. A cost that may have been billed stays counted.
-- Parameters: ids (bigint[]), reason, counts (whether the failure counts towards giving up), billed (whether the call
--             may have been billed), final (whether the API will never answer), most (failures until giving up),
--             lost_usd (what was billed for each; NULL for the most that it can have cost).
-- Indexes: claude_requests_pkey.
UPDATE claude_requests SET
    state = CASE WHEN :final OR failures + CAST(:counts AS integer) >= :most THEN 'rejected' ELSE 'failed' END,
    failures = failures + CAST(:counts AS integer),
    error = :reason,
    lost_usd = lost_usd + CASE WHEN :billed THEN coalesce(CAST(:lost_usd AS numeric), reserved_usd) ELSE 0 END,
    reserved_usd = 0,
    batch_id = NULL
WHERE id = ANY(:ids)
  AND state = 'pending'
