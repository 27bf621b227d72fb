-- Purpose: number of postings in an hour and in the hour before it.
-- Parameters: hour, before (timestamptz, starts of the hours).
-- Indexes: jobs_collection_hour.
SELECT count(*) FILTER (WHERE collection_hour = CAST(:hour AS timestamptz)) AS postings,
       count(*) FILTER (WHERE collection_hour = CAST(:before AS timestamptz)) AS postings_before
FROM jobs
WHERE collection_hour IN (CAST(:hour AS timestamptz), CAST(:before AS timestamptz))
