-- Purpose: note which pages had a posting. A page counts once, however often it is loaded.
-- Parameters: none; reads the temporary table staged_sightings.
-- Indexes: jobs_external_id_key, job_sightings_pkey.
INSERT INTO job_sightings AS known (job_id, first_seen_at, last_seen_at, last_page_id, sightings)
SELECT jobs.id, min(s.page_fetched_at), max(s.page_fetched_at), max(s.page_id),
       count(DISTINCT s.page_id) FILTER (WHERE s.page_id > coalesce(k.last_page_id, 0))
FROM staged_sightings AS s
JOIN jobs USING (external_id)
LEFT JOIN job_sightings AS k ON k.job_id = jobs.id
GROUP BY jobs.id, k.last_page_id
HAVING max(s.page_id) > coalesce(k.last_page_id, 0)
ORDER BY jobs.id
ON CONFLICT (job_id) DO UPDATE SET
    first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    last_page_id = greatest(known.last_page_id, excluded.last_page_id),
    sightings = known.sightings + excluded.sightings
