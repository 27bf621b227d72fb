-- Purpose: what a conversion has written, counted anew.
-- Parameters: none.
-- Indexes: none; the tables were just filled.
SELECT (SELECT count(*) FROM quarantined_records) AS refused,
       (SELECT count(*) FROM user_job_matches WHERE status <> 'new') AS decisions
