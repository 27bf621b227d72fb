-- Purpose: remove what was derived from postings: facts, vectors, the note that they were matched. The next embedding
--          and the next matching derive it anew; matches stay until then.
-- Parameters: job_ids (bigint[]).
-- Indexes: job_facts_pkey, job_embeddings_pkey, job_match_state_pkey.
WITH facts AS (
    DELETE FROM job_facts WHERE job_id = ANY(CAST(:job_ids AS bigint[]))
), vectors AS (
    DELETE FROM job_embeddings WHERE job_id = ANY(CAST(:job_ids AS bigint[]))
)
DELETE FROM job_match_state WHERE job_id = ANY(CAST(:job_ids AS bigint[]))
