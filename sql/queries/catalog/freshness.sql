-- Purpose: how long it took from the vendor's indexing to the row, for the postings that a run inserted.
-- Parameters: run_id.
-- Indexes: jobs_run_id.
SELECT
    percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(extract(epoch FROM inserted_at - date_created) AS float8)) AS median_s,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY CAST(extract(epoch FROM inserted_at - date_created) AS float8)) AS p95_s
FROM jobs
WHERE run_id = :run_id
  AND inserted_at = updated_at
