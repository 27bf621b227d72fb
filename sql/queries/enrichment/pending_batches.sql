-- Purpose: message batches with pending requests, oldest first, and the number of these requests.
-- Parameters: none.
-- Indexes: claude_requests_pending.
SELECT batch_id, count(*) AS requests, min(claimed_at) AS claimed_at,
       extract(epoch FROM now() - min(claimed_at))::float AS age_s
FROM claude_requests
WHERE state = 'pending'
  AND batch_id IS NOT NULL
GROUP BY batch_id
ORDER BY min(claimed_at)
