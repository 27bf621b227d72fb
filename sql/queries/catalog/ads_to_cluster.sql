-- Purpose: open postings with the same company and title as one of these, which may advertise the same job. Left out is
--          a posting that is the only one with its key and has no cluster to leave.
-- Parameters: job_ids (bigint[]).
-- Indexes: jobs_pkey, jobs_ad_key.
SELECT id, external_id, ad_key, cluster_id, coalesce(description, title) AS text
FROM (
    SELECT jobs.id, jobs.external_id, jobs.ad_key, jobs.description, jobs.title, jobs.cluster_id,
           count(*) OVER (PARTITION BY jobs.ad_key) AS of_key
    FROM jobs
    WHERE jobs.closed_at IS NULL
      AND jobs.ad_key IN (SELECT ad_key FROM jobs WHERE id = ANY(:job_ids))
) AS candidates
WHERE of_key > 1
   OR cluster_id IS NOT NULL
ORDER BY ad_key, external_id
