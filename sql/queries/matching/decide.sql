-- Purpose: set the user's own decision on a match, with its event; the time of an equal decision stays.
-- Parameters: user_key, external_id, decision. Gives one row (changed), or none without a match.
-- Indexes: users_user_key_key, jobs_external_id_key, user_job_matches_pkey.
WITH found AS (
    SELECT m.user_id, m.job_id, m.status IS DISTINCT FROM :decision AS changed
    FROM user_job_matches AS m
    JOIN users ON users.id = m.user_id AND users.user_key = :user_key
    JOIN jobs ON jobs.id = m.job_id AND jobs.external_id = :external_id
), decided AS (
    UPDATE user_job_matches SET status = :decision, decided_at = now()
    FROM found
    WHERE (user_job_matches.user_id, user_job_matches.job_id) = (found.user_id, found.job_id) AND found.changed
    RETURNING user_job_matches.user_id, user_job_matches.job_id, profile_version,
              coalesce(claude_score, match_score) AS score, priority, scoring_key
), noted AS (
    INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key)
    SELECT user_id, job_id, 'decided', :decision, profile_version, score, priority, scoring_key
    FROM decided
)
SELECT changed FROM found
