-- Purpose: number of rows that a conversion wrote, for comparison with what it meant to write.
-- Parameters: none.
-- Indexes: none; the tables were just filled.
SELECT (SELECT count(*) FROM quarantined_records) AS refused,
       (SELECT count(*) FROM user_job_matches WHERE status <> 'new') AS decisions
