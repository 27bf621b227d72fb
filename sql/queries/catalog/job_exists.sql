-- Purpose: whether a posting is stored.
-- Parameters: external_id.
-- Indexes: jobs_external_id_key.
SELECT EXISTS (SELECT FROM jobs WHERE external_id = :external_id) AS known
