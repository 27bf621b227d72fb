-- Purpose: what was found for skills that the table lacks; an empty list means that nothing is alike.
-- Parameters: model, version, skills (text[]).
-- Indexes: skill_neighbours_pkey.
SELECT skill, neighbours FROM skill_neighbours
WHERE model = :model AND version = :version AND skill = ANY(:skills)
