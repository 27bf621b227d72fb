-- Purpose: how often skills, industries, places and companies occur among the postings of a range and of the one before.
-- Parameters: before, start, end (timestamptz: the range is [start, end), the one before [before, start)), most (of each).
-- Indexes: jobs_collection_hour.
SELECT kind, name, postings, postings_before
FROM (
    SELECT counted.*, row_number() OVER (PARTITION BY kind ORDER BY postings DESC, name COLLATE "C") AS place
    FROM (
        SELECT named.kind, min(named.name COLLATE "C") AS name,
               count(DISTINCT jobs.id) FILTER (WHERE collection_hour >= CAST(:start AS timestamptz)) AS postings,
               count(DISTINCT jobs.id) FILTER (WHERE collection_hour < CAST(:start AS timestamptz)) AS postings_before
        FROM jobs
        CROSS JOIN LATERAL (
            SELECT 'skill' AS kind, unnest(jobs.ai_key_skills) AS name
            UNION ALL SELECT 'industry', unnest(jobs.ai_taxonomies_a)
            UNION ALL SELECT 'place', jobs.location
            UNION ALL SELECT 'company', jobs.company
        ) AS named
        WHERE collection_hour >= CAST(:before AS timestamptz) AND collection_hour < CAST(:end AS timestamptz)
          AND named.name IS NOT NULL
        GROUP BY named.kind, lower(named.name)
    ) AS counted
    WHERE postings > 0
) AS ranked
WHERE place <= :most
ORDER BY kind, place
