-- Purpose: of pairs with equal rank at the end of a list, leave those that cap_matches.sql would keep: the others
--          would be written to be taken away, in every run again. Pairs that the user has decided on take no place.
-- Parameters: most (rows kept per user); reads the temporary table staged_matches.
-- Indexes: jobs_pkey, user_job_matches_pkey.
DELETE FROM staged_matches
WHERE ctid = ANY(ARRAY(
    SELECT place_in_table
    FROM (
        SELECT s.ctid AS place_in_table,
               row_number() OVER (
                   PARTITION BY s.user_id
                   ORDER BY s.exact_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM staged_matches AS s
        JOIN jobs ON jobs.id = s.job_id
        WHERE NOT EXISTS (
            SELECT FROM user_job_matches AS m
            WHERE m.user_id = s.user_id AND m.job_id = s.job_id AND m.status <> 'new'
        )
    ) AS ranked
    WHERE place > :most
))
