-- Purpose: direct calls that a killed run left behind may be made again. Only whoever holds the lock on asking may
--          say so: then nobody else has a call under way.
-- Parameters: none.
-- Indexes: claude_requests_pending.
UPDATE claude_requests SET
    state = 'failed', error = 'the run ended before the answer was recorded',
    lost_usd = lost_usd + reserved_usd, reserved_usd = 0
WHERE state = 'pending'
  AND batch_id IS NULL
