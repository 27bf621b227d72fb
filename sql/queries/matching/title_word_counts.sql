-- Purpose: how many open postings have each word in their title.
-- Parameters: none.
-- Indexes: none; one scan of the facts of open postings.
SELECT word, count(*) AS postings
FROM job_facts
JOIN jobs ON jobs.id = job_facts.job_id AND jobs.closed_at IS NULL
CROSS JOIN LATERAL unnest(job_facts.title_words) AS word
GROUP BY word
HAVING count(*) > 1
