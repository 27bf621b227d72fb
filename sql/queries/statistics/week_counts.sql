-- Purpose: postings, companies and places of the postings that were indexed in a range.
-- Parameters: start, end (timestamptz).
-- Indexes: jobs_collection_hour.
SELECT count(*) AS postings, count(DISTINCT lower(company)) AS companies, count(DISTINCT location) AS places
FROM jobs
WHERE collection_hour >= CAST(:start AS timestamptz) AND collection_hour < CAST(:end AS timestamptz)
