-- Purpose: keep each user's best matches over the whole list, so that slices of the catalogue compose.
-- Parameters: user_ids (bigint[]), most (rows kept per user). Decided rows and closed postings stay. Lists that are
--             not longer than that are not sorted.
-- Indexes: user_job_matches_best.
DELETE FROM user_job_matches
WHERE id IN (
    SELECT id
    FROM (
        SELECT m.id, m.status, jobs.closed_at,
               row_number() OVER (
                   PARTITION BY m.user_id ORDER BY m.relevance DESC NULLS LAST, m.match_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM user_job_matches AS m
        JOIN jobs ON jobs.id = m.job_id
        WHERE m.user_id IN (
            SELECT user_id FROM user_job_matches WHERE user_id = ANY(:user_ids) GROUP BY user_id
            HAVING count(*) > :most
        )
    ) AS ranked
    WHERE place > :most AND status = 'new' AND closed_at IS NULL
)
