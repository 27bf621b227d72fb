-- Purpose: let direct calls of a killed run be made again. Only a session with the lock on asking Claude may run this:
--          then no other session has a call under way.
-- Parameters: none.
-- Indexes: claude_requests_pending.
UPDATE claude_requests SET
    state = 'failed', error = 'the run ended before the answer was recorded',
    lost_usd = lost_usd + reserved_usd, reserved_usd = 0
WHERE state = 'pending'
  AND batch_id IS NULL
