-- Operations: failures of runs with their next step, and page bodies that housekeeping took away.
-- depends: 0004.integrity

CREATE TABLE run_failures (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id          text        NOT NULL UNIQUE,
    job_name        text        NOT NULL,
    partition_key   text,
    user_id         bigint REFERENCES users (id) ON DELETE CASCADE,
    step_key        text,
    error_class     text        NOT NULL,
    next_step       text        NOT NULL,
    inputs          jsonb       NOT NULL,
    failed_at       timestamptz NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now(),
    webhook_outcome text
);
CREATE INDEX run_failures_failed_at ON run_failures (failed_at);
CREATE INDEX run_failures_user_id ON run_failures (user_id) WHERE user_id IS NOT NULL;
COMMENT ON TABLE run_failures IS 'One row per failed run, with what to do next. Holds no message of an error: that may quote a CV or a secret, and stands in the run.';
COMMENT ON COLUMN run_failures.id IS 'Identity';
COMMENT ON COLUMN run_failures.run_id IS 'Dagster run that failed';
COMMENT ON COLUMN run_failures.job_name IS 'Its job';
COMMENT ON COLUMN run_failures.partition_key IS 'Its partition (an hour, a day, a user key) or first and last of a range; NULL without partitions';
COMMENT ON COLUMN run_failures.user_id IS 'The user, when the run was one user''s; the row goes with the user';
COMMENT ON COLUMN run_failures.step_key IS 'The step that failed first; NULL when the run failed outside of its steps';
COMMENT ON COLUMN run_failures.error_class IS 'Class of the innermost error';
COMMENT ON COLUMN run_failures.next_step IS 'What to click or type now';
COMMENT ON COLUMN run_failures.inputs IS 'Tags of the run that name its inputs (jobmatch/..., partition, backfill); no configuration';
COMMENT ON COLUMN run_failures.failed_at IS 'When the run failed (UTC)';
COMMENT ON COLUMN run_failures.noted_at IS 'When the sensor saw it (UTC)';
COMMENT ON COLUMN run_failures.webhook_outcome IS 'HTTP status of the webhook, or the class of the error on the way; NULL when none is configured';

ALTER TABLE job_pages ADD COLUMN body_removed_at timestamptz;
COMMENT ON COLUMN job_pages.body_removed_at IS 'When housekeeping emptied the body (UTC); NULL while it is kept. The row stays: it answers for its hours, credits and quota';
