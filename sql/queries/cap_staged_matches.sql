-- Purpose: of pairs that stand alike at the end of a list, leave those that cap_matches.sql would keep: the others
--          would be written to be taken away, in every run again.
-- Parameters: most (rows kept per user); reads the temporary table staged_matches.
-- Indexes: jobs_pkey.
DELETE FROM staged_matches
WHERE (user_id, job_id) IN (
    SELECT user_id, job_id
    FROM (
        SELECT s.user_id, s.job_id,
               row_number() OVER (
                   PARTITION BY s.user_id
                   ORDER BY s.relevance DESC NULLS LAST, s.match_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM staged_matches AS s
        JOIN jobs ON jobs.id = s.job_id
        WHERE s.user_id IN (SELECT user_id FROM staged_matches GROUP BY user_id HAVING count(*) > :most)
    ) AS ranked
    WHERE place > :most
)
