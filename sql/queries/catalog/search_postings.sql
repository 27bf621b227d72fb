-- Purpose: open postings with these words (as people type them: quotes, OR, a minus) in title, company or description,
--          best first.
-- Parameters: words, most (rows).
-- Indexes: jobs_search_text.
SELECT external_id, title, company, location, url, date_posted, ai_work_arrangement, ai_experience_level, ai_key_skills,
       salary_from, salary_to, currency, salary_unit
FROM open_jobs,
     LATERAL (SELECT websearch_to_tsquery('german', :words) || websearch_to_tsquery('english', :words) AS wanted) AS asked
WHERE search_text @@ wanted
ORDER BY ts_rank(search_text, wanted) DESC, date_created DESC, external_id
LIMIT :most
