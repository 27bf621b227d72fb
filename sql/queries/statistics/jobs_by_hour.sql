-- Purpose: number of postings that the vendor indexed in each of the last 48 hours.
-- Parameters: now (timestamptz).
-- Indexes: jobs_collection_hour.
SELECT collection_hour AS hour, count(*) AS jobs
FROM jobs
WHERE collection_hour > CAST(:now AS timestamptz) - interval '48 hours'
  AND collection_hour <= CAST(:now AS timestamptz)
GROUP BY collection_hour
ORDER BY collection_hour
