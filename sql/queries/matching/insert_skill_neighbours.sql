-- Purpose: keep what was found for skills that the table lacks.
-- Parameters: none; reads the temporary table staged_neighbours.
-- Indexes: skill_neighbours_pkey.
INSERT INTO skill_neighbours (model, version, skill, neighbours)
SELECT model, version, skill, neighbours FROM staged_neighbours ORDER BY skill
ON CONFLICT DO NOTHING
