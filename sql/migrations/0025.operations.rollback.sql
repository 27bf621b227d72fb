ALTER TABLE job_pages DROP COLUMN body_removed_at;
DROP TABLE run_failures;
