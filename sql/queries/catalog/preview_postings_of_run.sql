-- Purpose: the ten newest postings that a run wrote, for the preview in the UI.
-- Parameters: run_id.
-- Indexes: jobs_run_id.
SELECT external_id, title, company, location, ai_experience_level, ai_work_arrangement, date_created
FROM jobs
WHERE run_id = :run_id
ORDER BY date_created DESC, id
LIMIT 10
