-- Takes back 0015.matching_engine: facts, evidence and the model in force go; matches keep their scores.
DROP INDEX jobs_open_hashes;
DROP INDEX job_embeddings_text;
DROP TABLE embedding_models;
DROP INDEX user_job_matches_best;
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, match_score DESC NULLS LAST, semantic_score DESC NULLS LAST);
ALTER TABLE user_job_matches DROP COLUMN filters;
ALTER TABLE user_job_matches DROP COLUMN skill_hits;
ALTER TABLE user_job_matches DROP COLUMN relevance;
DROP TABLE job_facts;
