-- Purpose: coded values that the project does not know: those that the normaliser could not use, and industries
--          outside the list; the most frequent first.
-- Parameters: since (timestamptz: postings whose row changed after it), industries (text[]).
-- Indexes: jobs_updated_at.
SELECT field, value, count(*) AS postings
FROM (
    SELECT note.key AS field, note.value ->> 'value' AS value
    FROM jobs
    CROSS JOIN LATERAL jsonb_each(jobs.extra -> '_unusable') AS note
    WHERE jobs.updated_at > CAST(:since AS timestamptz)
      AND note.key IN ('ai_experience_level', 'ai_work_arrangement', 'ai_salary_unittext', 'salary_unit')
    UNION ALL
    SELECT 'ai_taxonomies_a', industry
    FROM jobs
    CROSS JOIN LATERAL unnest(jobs.ai_taxonomies_a) AS industry
    WHERE jobs.updated_at > CAST(:since AS timestamptz)
      AND industry <> ALL (CAST(:industries AS text[]))
) AS strange
GROUP BY field, value
ORDER BY postings DESC, field, value COLLATE "C"
LIMIT 50
