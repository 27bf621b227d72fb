-- Purpose: what Claude cost on each of the last days (UTC), and how many answers came.
-- Parameters: since (timestamptz).
-- Indexes: claude_requests_answered_at.
SELECT date_trunc('day', answered_at AT TIME ZONE 'UTC')::date AS day, sum(coalesce(cost_usd, 0)) AS usd, count(*) AS answers
FROM claude_requests
WHERE answered_at >= CAST(:since AS timestamptz)
GROUP BY 1
ORDER BY 1
