-- Purpose: whether a posting is known.
-- Parameters: external_id.
-- Indexes: jobs_external_id_key.
SELECT EXISTS (SELECT FROM jobs WHERE external_id = :external_id) AS known
