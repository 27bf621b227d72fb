-- Purpose: what Claude has cost each of these users on this day (UTC), and the most that their pending requests can still
--          cost, counted as in spent_today. Users without a request have no row.
-- Parameters: user_ids (bigint[]).
-- Indexes: claude_requests_user, profile_requests_user.
SELECT user_id,
       coalesce(sum(CASE WHEN state = 'pending' THEN reserved_usd
                         WHEN answered_at >= date_trunc('day', now()) THEN cost_usd END), 0)
     + coalesce(sum(lost_usd) FILTER (WHERE claimed_at >= date_trunc('day', now())), 0) AS usd
FROM (
    SELECT user_id, state, reserved_usd, cost_usd, lost_usd, answered_at, claimed_at FROM claude_requests
    UNION ALL
    SELECT user_id, state, reserved_usd, cost_usd, lost_usd, answered_at, claimed_at FROM profile_requests
) AS requests
WHERE user_id = ANY(CAST(:user_ids AS bigint[]))
GROUP BY user_id
