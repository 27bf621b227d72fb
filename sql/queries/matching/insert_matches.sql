-- Purpose: write matches with postings that none of these users has a match with, and their events; nothing is there
--          to keep.
-- Parameters: known (bigint[], the other postings); reads the temporary table staged_matches.
-- Indexes: none.
WITH inserted AS (
INSERT INTO user_job_matches (
    user_id, job_id, similarity, exact_score, stated_percent, read_percent, semantic_score, match_score, skills_score, experience_score,
    industry_score, work_arrangement_score, priority, claude_status, filters, matching_skills, missing_skills,
    skill_hits, match_reasoning, profile_version, record_hash, embedding_model, calibration_id, scoring_key, run_id, cv_label
)
SELECT
    user_id, job_id, similarity, exact_score, stated_percent, read_percent, semantic_score, match_score, skills_score, experience_score,
    industry_score, work_arrangement_score, priority, claude_status, filters, matching_skills, missing_skills,
    skill_hits, match_reasoning, profile_version, record_hash, embedding_model, calibration_id, scoring_key, run_id, cv_label
FROM staged_matches
WHERE job_id <> ALL(CAST(:known AS bigint[]))
RETURNING user_id, job_id, profile_version, match_score, priority, scoring_key, run_id
)
INSERT INTO match_events (user_id, job_id, event, profile_version, score, band, scoring_key, run_id)
SELECT user_id, job_id, 'entered', profile_version, match_score, priority, scoring_key, run_id
FROM inserted
