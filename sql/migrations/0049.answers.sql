-- What users answered on their matches, and why: the log, of which user_job_matches.status has the last stage.
-- depends: 0048.match_events
-- compatible: yes
CREATE TABLE user_answers (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id     bigint      NOT NULL REFERENCES jobs (id),
    stage      text        NOT NULL CHECK (stage IN ('new', 'saved', 'applied', 'rejected')),
    reason     text CHECK (reason IN ('too_senior', 'too_junior', 'wrong_field', 'wrong_place', 'pay', 'company',
                                      'skills_wrong', 'other')),
    note       text CHECK (length(note) BETWEEN 1 AND 500),
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_answers_pair ON user_answers (user_id, job_id, id);
COMMENT ON TABLE user_answers IS 'One row per answer of a user on a match; the same answer again adds none. Belongs to the user.';
COMMENT ON COLUMN user_answers.id IS 'Identity; the highest of a pair is the current answer';
COMMENT ON COLUMN user_answers.user_id IS 'The user';
COMMENT ON COLUMN user_answers.job_id IS 'The posting';
COMMENT ON COLUMN user_answers.stage IS 'The decision: new, saved, applied or rejected';
COMMENT ON COLUMN user_answers.reason IS 'Why, in one word; NULL when the user gave none';
COMMENT ON COLUMN user_answers.note IS 'Why, in the user''s own words; NULL when the user gave none';
COMMENT ON COLUMN user_answers.decided_at IS 'When the user answered (UTC)';
INSERT INTO user_answers (user_id, job_id, stage, decided_at)
SELECT user_id, job_id, status, decided_at FROM user_job_matches WHERE status <> 'new' ORDER BY decided_at, user_id, job_id;
