-- Costs of each day (UTC): job credits and requests of the vendor's API; requests, tokens and USD of Claude, for pairs
-- and for profiles. An answer counts on the day it arrived. A call without a recorded answer counts on the day it was
-- made, at the most that it may have cost. Requests of users who were erased later have a column of their own.
-- Indexes: none; the view reads the ledgers completely. A query on the tables for a range of days uses
--          job_pages_fetched_at, claude_requests_answered_at and claude_requests_claimed_at.
CREATE VIEW cost_by_day WITH (security_invoker = true) AS
SELECT coalesce(api.day, claude.day, erased.day) AS day,
       coalesce(api.api_requests, 0) AS api_requests, coalesce(api.api_credits, 0) AS api_credits,
       coalesce(claude.claude_requests, 0) AS claude_requests, claude.input_tokens, claude.output_tokens, claude.cost_usd,
       claude.lost_usd, claude.cache_read_tokens, claude.cache_written_tokens,
       round(1000 * claude.cost_usd / nullif(claude.claude_requests, 0), 4) AS usd_per_1000_requests,
       erased.usd AS erased_cost_usd
FROM (
    SELECT CAST(fetched_at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS api_requests,
           sum(record_count) FILTER (WHERE status = 200 AND endpoint IN ('1h', '24h', '7d', '6m')) AS api_credits
    FROM job_pages
    WHERE endpoint NOT IN ('added', 'legacy', 'document')
    GROUP BY 1
) AS api
FULL JOIN (
    SELECT CAST(at AT TIME ZONE 'UTC' AS date) AS day, sum(requests) AS claude_requests,
           sum(CAST(usage ->> 'input_tokens' AS bigint)) AS input_tokens,
           sum(CAST(usage ->> 'output_tokens' AS bigint)) AS output_tokens,
           sum(coalesce(cost_usd, 0) + lost_usd) AS cost_usd, sum(lost_usd) AS lost_usd,
           sum(CAST(usage ->> 'cache_read_input_tokens' AS bigint)) AS cache_read_tokens,
           sum(CAST(usage ->> 'cache_creation_input_tokens' AS bigint)) AS cache_written_tokens
    FROM (
        SELECT answered_at AS at, 1 AS requests, usage, cost_usd, 0 AS lost_usd
        FROM claude_requests WHERE answered_at IS NOT NULL
        UNION ALL
        SELECT claimed_at, 0, NULL, NULL, lost_usd FROM claude_requests WHERE lost_usd > 0
        UNION ALL
        SELECT answered_at, 1, usage, cost_usd, 0 FROM profile_requests WHERE answered_at IS NOT NULL
        UNION ALL
        SELECT claimed_at, 0, NULL, NULL, lost_usd FROM profile_requests WHERE lost_usd > 0
    ) AS ledgers
    GROUP BY 1
) AS claude ON claude.day = api.day
FULL JOIN claude_costs_erased AS erased ON erased.day = coalesce(api.day, claude.day);
COMMENT ON VIEW cost_by_day IS 'One row per day (UTC) with costs: job credits of the API, tokens and USD of Claude; lost_usd is the part of cost_usd that calls without a recorded answer may have cost at most';
