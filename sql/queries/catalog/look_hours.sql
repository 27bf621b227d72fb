-- Purpose: postings of each hour of a range that has any.
-- Parameters: start, end (timestamptz).
-- Indexes: jobs_collection_hour.
SELECT collection_hour AS hour, count(*) AS postings
FROM jobs
WHERE collection_hour >= :start
  AND collection_hour < :end
GROUP BY 1
ORDER BY 1
