-- Purpose: number of postings in each hour of a range; hours without postings are left out.
-- Parameters: start, end (timestamptz).
-- Indexes: jobs_collection_hour.
SELECT collection_hour AS hour, count(*) AS postings
FROM jobs
WHERE collection_hour >= :start
  AND collection_hour < :end
GROUP BY 1
ORDER BY 1
