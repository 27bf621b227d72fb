-- Purpose: what Claude cost on each of the last days (UTC), requests of erased users included, and how many answers
--          are stored.
-- Parameters: since (timestamptz).
-- Indexes: claude_requests_answered_at, claude_costs_erased_pkey.
SELECT day, sum(usd) AS usd, sum(answers) AS answers
FROM (
    SELECT CAST(answered_at AT TIME ZONE 'UTC' AS date) AS day, coalesce(cost_usd, 0) AS usd, 1 AS answers
    FROM claude_requests
    WHERE answered_at >= CAST(:since AS timestamptz)
    UNION ALL
    SELECT day, usd, 0
    FROM claude_costs_erased
    WHERE day >= CAST(CAST(:since AS timestamptz) AT TIME ZONE 'UTC' AS date)
) AS costs
GROUP BY 1
ORDER BY 1
