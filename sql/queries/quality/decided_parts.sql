-- Purpose: parts of the scores of pairs on which users decided and of other pairs of these users, to see which
--          parts predict a decision.
-- Parameters: most (undecided pairs at most).
-- Indexes: none; one scan of user_job_matches.
(SELECT status IN ('saved', 'applied') AS liked, skills_score, experience_score, industry_score,
        work_arrangement_score, semantic_score, match_score
 FROM user_job_matches WHERE status <> 'new')
UNION ALL
(SELECT false, skills_score, experience_score, industry_score, work_arrangement_score, semantic_score, match_score
 FROM user_job_matches
 WHERE status = 'new' AND user_id IN (SELECT user_id FROM user_job_matches WHERE status <> 'new')
 ORDER BY md5(user_id::text || job_id::text)
 LIMIT :most)
