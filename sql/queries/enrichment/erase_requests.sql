-- Purpose: erase a user's requests about pairs and CVs, add their cost to the sums of their days, and return the number
--          of requests about pairs. One statement, so that the budget never misses the cost.
-- Parameters: user_id.
-- Indexes: claude_requests_user, profile_requests_user, claude_costs_erased_pkey.
WITH about_pairs AS (
    DELETE FROM claude_requests WHERE user_id = :user_id
    RETURNING state, answered_at, claimed_at, cost_usd, reserved_usd, lost_usd
), about_cvs AS (
    DELETE FROM profile_requests WHERE user_id = :user_id
    RETURNING state, answered_at, claimed_at, cost_usd, reserved_usd, lost_usd
), erased AS (
    SELECT * FROM about_pairs UNION ALL SELECT * FROM about_cvs
), amounts (at, usd) AS (
    SELECT now(), reserved_usd FROM erased WHERE state = 'pending'
    UNION ALL
    SELECT answered_at, cost_usd FROM erased WHERE answered_at IS NOT NULL
    UNION ALL
    SELECT claimed_at, lost_usd FROM erased
), noted AS (
    INSERT INTO claude_costs_erased AS known (day, usd)
    SELECT CAST(at AT TIME ZONE 'UTC' AS date), sum(usd) FROM amounts WHERE usd > 0 GROUP BY 1 ORDER BY 1
    ON CONFLICT (day) DO UPDATE SET usd = known.usd + excluded.usd
)
SELECT count(*) AS requests FROM about_pairs
