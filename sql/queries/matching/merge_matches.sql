-- Purpose: write matches with postings that one of the users already has a match with, and their events. Rows that do not differ and
--          the user's decision are never touched. Accepted work arrangements and own weights change scores, not versions. Claude's
--          answer is removed when the profile or the posting has changed: the pair waits again, and a stored answer
--          is read from the ledger without a call.
-- Parameters: known (bigint[], those postings); reads the temporary table staged_matches.
-- Indexes: user_job_matches_pkey.
WITH written AS (
INSERT INTO user_job_matches AS known (
    user_id, job_id, similarity, exact_score, stated_percent, read_percent, semantic_score, match_score, skills_score, experience_score,
    industry_score, work_arrangement_score, priority, filters, matching_skills, missing_skills, skill_hits,
    match_reasoning, claude_status, profile_version, embedding_model, calibration_id, scoring_key, record_hash, run_id,
    cv_label
)
SELECT s.user_id, s.job_id, s.similarity, s.exact_score, s.stated_percent, s.read_percent, s.semantic_score, s.match_score, s.skills_score,
       s.experience_score, s.industry_score, s.work_arrangement_score, s.priority, s.filters, s.matching_skills,
       s.missing_skills, s.skill_hits, s.match_reasoning, s.claude_status, s.profile_version, s.embedding_model,
       s.calibration_id, s.scoring_key, s.record_hash, s.run_id, s.cv_label
FROM staged_matches AS s
WHERE s.job_id = ANY(CAST(:known AS bigint[]))
ORDER BY s.user_id, s.job_id
ON CONFLICT (user_id, job_id) DO UPDATE SET
    similarity = excluded.similarity,
    exact_score = excluded.exact_score,
    stated_percent = excluded.stated_percent,
    read_percent = excluded.read_percent,
    semantic_score = excluded.semantic_score,
    match_score = excluded.match_score,
    skills_score = excluded.skills_score,
    experience_score = excluded.experience_score,
    industry_score = excluded.industry_score,
    work_arrangement_score = excluded.work_arrangement_score,
    matching_skills = excluded.matching_skills,
    missing_skills = excluded.missing_skills,
    skill_hits = excluded.skill_hits,
    filters = excluded.filters,
    profile_version = excluded.profile_version,
    embedding_model = excluded.embedding_model,
    calibration_id = excluded.calibration_id,
    scoring_key = excluded.scoring_key,
    record_hash = excluded.record_hash,
    run_id = excluded.run_id,
    cv_label = excluded.cv_label,
    updated_at = now(),
    (claude_score, claude_status, claude_reason, claude_request_hash, prompt_version, claude_model,
     key_alignments, potential_gaps, claude_raw_score, claude_band_low, claude_band_high, claude_deviation,
     claude_items_dropped, claude_is_generic, posting_signs, match_reasoning, priority) = (
        SELECT kept.* FROM (
            SELECT known.claude_score, known.claude_status, known.claude_reason, known.claude_request_hash,
                   known.prompt_version, known.claude_model, known.key_alignments, known.potential_gaps,
                   known.claude_raw_score, known.claude_band_low, known.claude_band_high, known.claude_deviation,
                   known.claude_items_dropped, known.claude_is_generic, known.posting_signs,
                   known.match_reasoning, known.priority
            WHERE known.claude_status = 'done'
              AND (known.profile_version, known.record_hash)
                  = (excluded.profile_version, excluded.record_hash)
            UNION ALL
            SELECT NULL, excluded.claude_status, NULL, NULL, NULL, NULL, NULL, NULL,
                   NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   excluded.match_reasoning, excluded.priority
            LIMIT 1
        ) AS kept
    )
WHERE (known.profile_version, known.scoring_key, known.record_hash, known.filters,
       known.match_score, known.exact_score, known.work_arrangement_score, known.stated_percent, known.read_percent)
      IS DISTINCT FROM (excluded.profile_version, excluded.scoring_key, excluded.record_hash, excluded.filters,
       excluded.match_score, excluded.exact_score, excluded.work_arrangement_score, excluded.stated_percent,
       excluded.read_percent)
   -- Another language of the reasons; what Claude wrote stays.
   OR (known.claude_status IS DISTINCT FROM 'done' AND known.match_reasoning IS DISTINCT FROM excluded.match_reasoning)
RETURNING user_id, job_id, profile_version, record_hash, coalesce(claude_score, match_score) AS score, priority,
          scoring_key, run_id, created_at = now() AS inserted
), noted AS (
    INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key, run_id)
    SELECT w.user_id, w.job_id, CASE WHEN w.inserted THEN 'entered' ELSE 'band_changed' END,
           CASE WHEN NOT w.inserted THEN coalesce(nullif(concat_ws(', ',
               CASE WHEN w.profile_version IS DISTINCT FROM before.profile_version THEN 'profile' END,
               CASE WHEN w.record_hash IS DISTINCT FROM before.record_hash THEN 'posting' END,
               CASE WHEN w.scoring_key IS DISTINCT FROM before.scoring_key THEN 'scoring' END
           ), ''), 'preferences') END,
           w.profile_version, w.score, w.priority, w.scoring_key, w.run_id
    FROM written AS w
    -- The row as it was: a statement does not see what it writes. OFFSET makes it one look-up a row, never a scan.
    LEFT JOIN LATERAL (
        SELECT m.priority, m.profile_version, m.record_hash, m.scoring_key
        FROM user_job_matches AS m
        WHERE m.user_id = w.user_id AND m.job_id = w.job_id
        OFFSET 0
    ) AS before ON NOT w.inserted
    WHERE w.inserted OR w.priority IS DISTINCT FROM before.priority
)
SELECT count(*) AS written, count(*) FILTER (WHERE inserted) AS inserted FROM written
