-- Purpose: number of postings by source, work arrangement, experience level and language; value is NULL where it is
--          unknown.
-- Parameters: none.
-- Indexes: none; one parallel scan of jobs, whose few hundred combinations are then summed for each dimension.
WITH combined AS (
    SELECT source, ai_work_arrangement, ai_experience_level, ai_job_language, count(*) AS jobs
    FROM jobs
    GROUP BY source, ai_work_arrangement, ai_experience_level, ai_job_language
)
SELECT by.dimension, by.value, CAST(sum(combined.jobs) AS bigint) AS jobs
FROM combined
CROSS JOIN LATERAL (
    VALUES ('source', source), ('work_arrangement', ai_work_arrangement),
           ('experience_level', ai_experience_level), ('language', ai_job_language)
) AS by (dimension, value)
GROUP BY by.dimension, by.value
ORDER BY by.dimension, jobs DESC, by.value COLLATE "C"
