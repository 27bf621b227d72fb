-- Purpose: begin an attempt of deliveries that are due, oldest first: it is counted, and the next one is dated 30 minutes
--          later, then twice as long, a day at most. Two runs at once claim different ones.
-- Parameters: channel, now, quiet (ids of users to whom nothing is delivered), most.
-- Indexes: digest_deliveries_open.
WITH due AS (
    SELECT digest_id
    FROM digest_deliveries
    WHERE channel = :channel
      AND state = 'waiting'
      AND next_attempt_at <= :now
      AND user_id <> ALL (CAST(:quiet AS bigint[]))
    ORDER BY digest_id
    LIMIT :most
    FOR UPDATE SKIP LOCKED
)
UPDATE digest_deliveries AS d
SET attempts = d.attempts + 1,
    next_attempt_at = :now + least(interval '30 minutes' * power(2, least(d.attempts, 10)), interval '1 day')
FROM due
WHERE d.digest_id = due.digest_id AND d.channel = :channel
RETURNING d.digest_id, d.attempts
