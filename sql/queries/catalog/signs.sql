-- Purpose: numbers behind the signs about postings: posted again, open how long, how long its field is usually open, towns
--          at once, what its company posts again. Nothing of it is in a score.
--          The same ad: company and title (ad_key), place, and text or cluster. It was posted again where it was indexed
--          `gap` after the one before; sooner, it is a copy on another board. How long a field is open is taken from the
--          postings that the vendor indexed before this one, so that each had as much time to close; one that is still open,
--          or was closed for its age, counts as never closed.
-- Parameters: job_ids (bigint[]), now (NULL: the present), gap (interval), of_company (most postings of a company),
--             of_fields (most postings that are compared).
-- Indexes: jobs_pkey, jobs_ad_key, jobs_open_company, jobs_cluster_id, jobs_collection_hour.
WITH asked AS MATERIALIZED (
    SELECT id, ad_key, location, cities_derived, cluster_id, text_hash, date_created, closed_at, collection_hour,
           ai_taxonomies_a[1] AS field, left(lower(company), 200) AS company
    FROM jobs
    WHERE id = ANY(:job_ids)
), of_companies AS MATERIALIZED (
    SELECT companies.company, newest.*
    FROM (SELECT DISTINCT company FROM asked) AS companies
    CROSS JOIN LATERAL (
        SELECT id, ad_key, location, cluster_id, text_hash
        FROM jobs
        WHERE closed_at IS NULL AND left(lower(jobs.company), 200) = companies.company
        ORDER BY date_created DESC
        LIMIT :of_company
    ) AS newest
), posted AS MATERIALIZED (
    SELECT counted.id, again.times, again.since
    FROM (
        SELECT id, ad_key, location, cluster_id, text_hash FROM asked
        UNION
        SELECT id, ad_key, location, cluster_id, text_hash FROM of_companies
    ) AS counted
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE created - before >= CAST(:gap AS interval)) AS times, min(created) AS since
        FROM (
            SELECT date_created AS created, lag(date_created) OVER (ORDER BY date_created) AS before
            FROM jobs AS same
            WHERE same.ad_key = counted.ad_key
              AND lower(same.location) = lower(counted.location)
              AND (same.cluster_id = counted.cluster_id OR same.text_hash = counted.text_hash)
        ) AS postings
    ) AS again
    WHERE counted.location IS NOT NULL
), companies AS (
    SELECT of_companies.company, count(posted.id) AS postings, count(*) FILTER (WHERE posted.times > 0) AS posted_again
    FROM of_companies
    LEFT JOIN posted USING (id)
    GROUP BY of_companies.company
), fields AS (
    SELECT hours.collection_hour, before.field, count(*) AS postings,
           percentile_disc(ARRAY[0.5, 0.75]) WITHIN GROUP (ORDER BY before.days) AS days
    FROM (SELECT DISTINCT collection_hour FROM asked WHERE field IS NOT NULL) AS hours
    CROSS JOIN LATERAL (
        SELECT ai_taxonomies_a[1] AS field,
               CASE WHEN closed_reason <> 'age' THEN extract(epoch FROM closed_at - date_created) / 86400
                    ELSE CAST('Infinity' AS numeric) END AS days
        FROM jobs
        WHERE jobs.collection_hour < hours.collection_hour
        ORDER BY jobs.collection_hour DESC
        LIMIT :of_fields
    ) AS before
    GROUP BY hours.collection_hour, before.field
)
SELECT asked.id AS job_id, asked.date_created, asked.closed_at IS NULL AS is_open,
       coalesce(CAST(:now AS timestamptz), now()) AS now,
       (SELECT min(collection_hour) FROM jobs) AS catalog_since,
       posted.times AS posted_again, posted.since AS first_posted,
       extract(day FROM coalesce(asked.closed_at, CAST(:now AS timestamptz), now()) - asked.date_created) AS open_days,
       fields.postings AS field_postings,
       CAST(fields.days[1] AS double precision) AS field_half_days,
       CAST(fields.days[2] AS double precision) AS field_most_days,
       places.towns,
       companies.postings AS company_postings, companies.posted_again AS company_posted_again
FROM asked
LEFT JOIN posted USING (id)
LEFT JOIN companies USING (company)
LEFT JOIN fields USING (collection_hour, field)
CROSS JOIN LATERAL (
    SELECT nullif(count(DISTINCT lower(town)), 0) AS towns
    FROM (
        SELECT asked.location, asked.cities_derived
        UNION ALL
        SELECT other.location, other.cities_derived
        FROM jobs AS other
        WHERE other.cluster_id = asked.cluster_id AND other.closed_at IS NULL
    ) AS postings
    CROSS JOIN LATERAL unnest(coalesce(postings.cities_derived, ARRAY[postings.location])) AS town
) AS places
