-- Purpose: how many open postings name each skill, in the postings' spelling.
-- Parameters: none.
-- Indexes: none; one scan of the facts of open postings.
SELECT skill, count(*) AS postings
FROM job_facts
JOIN jobs ON jobs.id = job_facts.job_id AND jobs.closed_at IS NULL
CROSS JOIN LATERAL unnest(job_facts.skills) AS skill
GROUP BY skill
HAVING count(*) > 1
