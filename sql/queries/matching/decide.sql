-- Purpose: set the user's own decision on a match, with its event, and log the answer. The time of an equal decision
--          stays; it is an answer of its own only where it gives another reason or note.
-- Parameters: user_key, external_id, decision, reason, note. Gives one row (changed), or none without a match.
-- Indexes: users_user_key_key, jobs_external_id_key, user_job_matches_pkey, user_answers_pair.
WITH found AS (
    SELECT m.user_id, m.job_id, m.status IS DISTINCT FROM :decision AS moved, last.reason, last.note
    FROM user_job_matches AS m
    JOIN users ON users.id = m.user_id AND users.user_key = :user_key
    JOIN jobs ON jobs.id = m.job_id AND jobs.external_id = :external_id
    LEFT JOIN LATERAL (
        SELECT reason, note FROM user_answers AS a
        WHERE a.user_id = m.user_id AND a.job_id = m.job_id AND a.stage = m.status
        ORDER BY a.id DESC LIMIT 1
    ) AS last ON m.status = :decision
), answer AS (
    SELECT user_id, job_id, coalesce(CAST(:reason AS text), reason) AS reason,
           coalesce(CAST(:note AS text), note) AS note,
           moved OR (reason, note) IS DISTINCT FROM
               (coalesce(CAST(:reason AS text), reason), coalesce(CAST(:note AS text), note)) AS changed
    FROM found
), decided AS (
    UPDATE user_job_matches SET status = :decision, decided_at = now()
    FROM found
    WHERE (user_job_matches.user_id, user_job_matches.job_id) = (found.user_id, found.job_id) AND found.moved
    RETURNING user_job_matches.user_id, user_job_matches.job_id, profile_version,
              coalesce(claude_score, match_score) AS score, priority, scoring_key
), noted AS (
    INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key)
    SELECT user_id, job_id, 'decided', :decision, profile_version, score, priority, scoring_key
    FROM decided
), logged AS (
    INSERT INTO user_answers (user_id, job_id, stage, reason, note)
    SELECT user_id, job_id, :decision, reason, note FROM answer WHERE changed
)
SELECT changed FROM answer
