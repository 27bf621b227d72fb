-- Purpose: the newest response that told what the plan has left.
-- Parameters: names (text[], headers of which one must be there).
-- Indexes: job_pages_fetched_at.
SELECT headers, fetched_at
FROM job_pages
WHERE headers ?| CAST(:names AS text[])
ORDER BY fetched_at DESC
LIMIT 1
