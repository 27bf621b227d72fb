-- Purpose: number of postings by industry; a posting counts once in each of its industries, NULL means none.
-- Parameters: none.
-- Indexes: none; one parallel scan of jobs.
SELECT industry, CAST(sum(combined.jobs) AS bigint) AS jobs
FROM (SELECT ai_taxonomies_a, count(*) AS jobs FROM jobs GROUP BY ai_taxonomies_a) AS combined
LEFT JOIN LATERAL (SELECT DISTINCT unnest(combined.ai_taxonomies_a) AS industry) AS industries ON true
GROUP BY industry
ORDER BY jobs DESC, industry COLLATE "C"
