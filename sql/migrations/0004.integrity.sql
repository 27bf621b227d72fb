-- Rules that the tables keep by themselves, and an index for each query of a screen.
-- depends: 0003.matching

-- One pass over jobs for the three; the tables are locked until the migration ends.
ALTER TABLE jobs
    ADD CONSTRAINT jobs_named CHECK (external_id <> '' AND title <> '' AND company <> '' AND url <> ''),
    ADD CONSTRAINT jobs_salary_range CHECK (salary_min <= salary_max),
    ADD CONSTRAINT jobs_ai_lists_filled CHECK (
        cardinality(ai_key_skills) > 0 AND cardinality(ai_keywords) > 0 AND cardinality(ai_taxonomies_a) > 0
        AND cardinality(ai_benefits) > 0 AND cardinality(ai_education_requirements) > 0
        AND cardinality(ai_employment_type) > 0 AND cardinality(ai_remote_location) > 0
        AND cardinality(ai_remote_location_derived) > 0
    );
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_decision_dated CHECK (status = 'new' OR decided_at IS NOT NULL);

-- A match without a score comes last in every list.
DROP INDEX user_job_matches_best;
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, match_score DESC NULLS LAST, semantic_score DESC NULLS LAST);
CREATE INDEX user_job_matches_decided ON user_job_matches (user_id, decided_at DESC) WHERE status <> 'new';
CREATE INDEX jobs_page_id ON jobs (page_id);
-- A name of any length is taken: an index holds at most 2,704 bytes of a row.
CREATE INDEX jobs_open_company ON jobs (left(lower(company), 200), date_created DESC) WHERE closed_at IS NULL;
CREATE INDEX jobs_open_level ON jobs (ai_experience_level, date_created DESC) WHERE closed_at IS NULL;
CREATE INDEX jobs_updated_at ON jobs (updated_at);
CREATE INDEX claude_requests_job ON claude_requests (job_id);
CREATE INDEX quarantined_records_at ON quarantined_records (quarantined_at DESC);
