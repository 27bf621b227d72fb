-- Purpose: what Claude has cost on this day (UTC), and the most that pending requests can still cost: answers of the
--          day, calls of the day without a stored answer, and all reservations; for pairs, for CVs and for users who
--          were erased.
-- Parameters: none.
-- Indexes: claude_requests_answered_at, claude_requests_claimed_at, claude_requests_pending,
--          claude_costs_erased_pkey.
SELECT coalesce((SELECT sum(cost_usd) FROM claude_requests WHERE answered_at >= date_trunc('day', now())), 0)
     + coalesce((SELECT sum(lost_usd) FROM claude_requests
                 WHERE lost_usd > 0 AND claimed_at >= date_trunc('day', now())), 0)
     + coalesce((SELECT sum(reserved_usd) FROM claude_requests WHERE state = 'pending'), 0)
     + coalesce((SELECT sum(CASE WHEN state = 'pending' THEN reserved_usd
                                 WHEN answered_at >= date_trunc('day', now()) THEN cost_usd END)
                      + sum(lost_usd) FILTER (WHERE claimed_at >= date_trunc('day', now()))
                 FROM profile_requests), 0)
     + coalesce((SELECT usd FROM claude_costs_erased
                 WHERE day = CAST(now() AT TIME ZONE 'UTC' AS date)), 0) AS usd
