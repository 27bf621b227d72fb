-- Purpose: store a failed run, once; the user is the one with the key, if there is one.
-- Parameters: run_id, job_name, partition_key, user_key, step_key, error_class, next_step, inputs (jsonb text),
--             failed_at (timestamptz).
-- Indexes: run_failures_run_id_key, users_user_key_key.
INSERT INTO run_failures
    (run_id, job_name, partition_key, user_id, step_key, error_class, next_step, inputs, failed_at)
VALUES (
    :run_id, :job_name, :partition_key, (SELECT id FROM users WHERE user_key = :user_key), :step_key, :error_class,
    :next_step, CAST(:inputs AS jsonb), :failed_at
)
ON CONFLICT (run_id) DO NOTHING
RETURNING run_id
