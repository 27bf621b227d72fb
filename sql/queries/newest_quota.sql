-- Purpose: the newest response that told what the plan has left.
-- Parameters: none.
-- Indexes: job_pages_fetched_at.
SELECT headers, fetched_at
FROM job_pages
WHERE headers ?| ARRAY['x-ratelimit-jobs-remaining', 'x-api-jobs-remaining']
ORDER BY fetched_at DESC
LIMIT 1
