-- Matches with their posting and the parts of their score: those of open postings, and those with a decision.
-- Indexes: user_job_matches_best, user_job_matches_decided, jobs_pkey.
CREATE VIEW current_matches WITH (security_invoker = true) AS
SELECT users.user_key, m.exact_score, m.match_score, m.stated_percent, m.read_percent, m.skills_score, m.experience_score, m.industry_score,
       m.work_arrangement_score, m.semantic_score, m.claude_score, m.claude_status, m.priority, m.status, m.decided_at,
       jobs.external_id, jobs.title, jobs.company, jobs.location, jobs.url, jobs.date_created, jobs.closed_at,
       jobs.ai_work_arrangement, jobs.ai_experience_level, jobs.ai_taxonomies_a,
       m.matching_skills, m.missing_skills, m.match_reasoning, m.key_alignments, m.potential_gaps,
       m.record_hash IS DISTINCT FROM jobs.record_hash AS posting_changed_since, m.updated_at,
       m.user_id, m.job_id, m.cv_label
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
WHERE jobs.closed_at IS NULL
   OR m.status <> 'new';
COMMENT ON VIEW current_matches IS 'One row per match of an open posting or with a decision of the user, with the posting and the parts of the score; order by exact_score DESC NULLS LAST';
