-- Purpose: the headers of the newest response that states what the plan has left.
-- Parameters: names (text[]; the response has at least one of these headers).
-- Indexes: job_pages_fetched_at.
SELECT headers, fetched_at
FROM job_pages
WHERE headers ?| CAST(:names AS text[])
ORDER BY fetched_at DESC
LIMIT 1
