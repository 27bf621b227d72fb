-- Purpose: rows that refer to a missing row; foreign keys prevent them unless one was dropped or disabled.
-- Parameters: none.
-- Indexes: primary keys of the parents.
SELECT 'jobs' AS child, 'page_id' AS link, 'job_pages' AS parent, count(*) AS orphans
FROM jobs AS c WHERE NOT EXISTS (SELECT FROM job_pages AS p WHERE p.id = c.page_id)
UNION ALL
SELECT 'job_sightings', 'job_id', 'jobs', count(*)
FROM job_sightings AS c WHERE NOT EXISTS (SELECT FROM jobs AS p WHERE p.id = c.job_id)
UNION ALL
SELECT 'job_embeddings', 'job_id', 'jobs', count(*)
FROM job_embeddings AS c WHERE NOT EXISTS (SELECT FROM jobs AS p WHERE p.id = c.job_id)
UNION ALL
SELECT 'user_job_matches', 'job_id', 'jobs', count(*)
FROM user_job_matches AS c WHERE NOT EXISTS (SELECT FROM jobs AS p WHERE p.id = c.job_id)
UNION ALL
SELECT 'user_job_matches', 'user_id', 'users', count(*)
FROM user_job_matches AS c WHERE NOT EXISTS (SELECT FROM users AS p WHERE p.id = c.user_id)
UNION ALL
SELECT 'claude_requests', 'user_id', 'users', count(*)
FROM claude_requests AS c WHERE NOT EXISTS (SELECT FROM users AS p WHERE p.id = c.user_id)
