-- Purpose: what Claude has cost each of these users on this day (UTC), and the most that their pending requests can still
--          cost, counted as in spent_today. Users without any have no row.
-- Parameters: user_ids (bigint[]).
-- Indexes: claude_requests_user, profile_requests_user.
SELECT user_id, sum(usd) AS usd
FROM (
    SELECT user_id,
           CASE WHEN state = 'pending' THEN reserved_usd
                WHEN answered_at >= date_trunc('day', now()) THEN cost_usd END AS usd
    FROM claude_requests
    WHERE user_id = ANY(CAST(:user_ids AS bigint[]))
    UNION ALL
    SELECT user_id, lost_usd
    FROM claude_requests
    WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND lost_usd > 0 AND claimed_at >= date_trunc('day', now())
    UNION ALL
    SELECT user_id,
           CASE WHEN state = 'pending' THEN reserved_usd
                WHEN answered_at >= date_trunc('day', now()) THEN cost_usd END
    FROM profile_requests
    WHERE user_id = ANY(CAST(:user_ids AS bigint[]))
    UNION ALL
    SELECT user_id, lost_usd
    FROM profile_requests
    WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND lost_usd > 0 AND claimed_at >= date_trunc('day', now())
) AS costs
WHERE usd > 0
GROUP BY user_id
