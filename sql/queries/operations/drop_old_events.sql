-- Purpose: drop old events of matches; at most `limit` at a time.
-- Parameters: before (timestamptz), limit.
-- Indexes: none; rows are in the order of their time, so a scan finds the old ones first.
DELETE FROM match_events
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM match_events WHERE at < CAST(:before AS timestamptz) LIMIT :limit
))
