-- Purpose: keep each user's best matches over the whole list, so that slices of the catalogue compose. What takes a
--          place is an open posting that the user has not decided on; decided rows and closed postings stay beside.
-- Parameters: user_ids (bigint[]), most (rows kept per user). Lists that are not longer than that are not sorted.
-- Indexes: user_job_matches_best, jobs_pkey.
DELETE FROM user_job_matches
WHERE id IN (
    SELECT id
    FROM (
        SELECT m.id,
               row_number() OVER (
                   PARTITION BY m.user_id ORDER BY m.relevance DESC NULLS LAST, m.match_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM user_job_matches AS m
        JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
        WHERE m.status = 'new'
          AND m.user_id IN (
              SELECT listed.user_id
              FROM user_job_matches AS listed
              JOIN jobs AS open ON open.id = listed.job_id AND open.closed_at IS NULL
              WHERE listed.user_id = ANY(:user_ids) AND listed.status = 'new'
              GROUP BY listed.user_id
              HAVING count(*) > :most
          )
    ) AS ranked
    WHERE place > :most
)
