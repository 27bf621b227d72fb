-- The schema: postings, users and their matches, in the order of the pipeline.
-- depends:

-- Sections: raw, catalog, profiles, matching, enrichment, operations, legacy conversion, isolation of users.
-- After each table come its indexes and its comments, which the Dagster UI shows as descriptions.
-- Views are in sql/views. Times are UTC.

CREATE EXTENSION IF NOT EXISTS vector;


-- Raw: responses of the Active Jobs API

CREATE TABLE job_pages (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sweep_id           uuid        NOT NULL,
    generation         text        NOT NULL CHECK (generation IN ('g1', 'g2')),
    endpoint           text        NOT NULL
                       CHECK (endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired', 'added', 'legacy')),
    window_start       timestamptz,
    window_end         timestamptz,
    filters            jsonb       NOT NULL,
    request            jsonb       NOT NULL,
    page_offset        integer     NOT NULL CHECK (page_offset >= 0),
    status             smallint    NOT NULL,
    headers            jsonb       NOT NULL,
    body               bytea       NOT NULL,
    sha256             text        NOT NULL,
    record_count       integer,
    last_page          boolean     NOT NULL,
    fetched_at         timestamptz NOT NULL,
    run_id             text,
    normaliser_version integer,
    body_removed_at    timestamptz
);
CREATE UNIQUE INDEX job_pages_sweep ON job_pages (sweep_id, page_offset)
WHERE status = 200 AND record_count IS NOT NULL;
CREATE INDEX job_pages_fetched_at ON job_pages (fetched_at);
CREATE INDEX job_pages_window ON job_pages (window_start, window_end) WHERE last_page;
CREATE INDEX job_pages_normaliser_version ON job_pages (normaliser_version);
COMMENT ON TABLE job_pages IS 'One row per HTTP response of the Active Jobs API, stored unchanged. The table jobs can be rebuilt from these rows alone.';
COMMENT ON COLUMN job_pages.id IS 'Identity, in storage order';
COMMENT ON COLUMN job_pages.sweep_id IS 'Sweep that fetched the page: one pass over the pages of a feed';
COMMENT ON COLUMN job_pages.generation IS 'API generation: g1 or g2';
COMMENT ON COLUMN job_pages.endpoint IS 'Feed: 1h, 24h, 7d, 6m, modified or expired; added for a record from the Python API, legacy for rows of a legacy database';
COMMENT ON COLUMN job_pages.window_start IS 'Start of the hours that the sweep covers (UTC, inclusive); NULL for feeds without a window';
COMMENT ON COLUMN job_pages.window_end IS 'End of the hours that the sweep covers (UTC, exclusive)';
COMMENT ON COLUMN job_pages.filters IS 'Filters of the request in the project''s own terms; a page covers its hours for these filters only';
COMMENT ON COLUMN job_pages.request IS 'Request parameters, without the key';
COMMENT ON COLUMN job_pages.page_offset IS 'Offset of the first record';
COMMENT ON COLUMN job_pages.status IS 'HTTP status';
COMMENT ON COLUMN job_pages.headers IS 'Quota and content headers of the response, names in lower case';
COMMENT ON COLUMN job_pages.body IS 'Response body, byte for byte';
COMMENT ON COLUMN job_pages.sha256 IS 'SHA-256 of the body, hex';
COMMENT ON COLUMN job_pages.record_count IS 'Number of records; NULL when the body is not an array of records';
COMMENT ON COLUMN job_pages.last_page IS 'Whether this page completed the sweep';
COMMENT ON COLUMN job_pages.fetched_at IS 'When the response arrived (UTC)';
COMMENT ON COLUMN job_pages.run_id IS 'Dagster run that fetched it';
COMMENT ON COLUMN job_pages.normaliser_version IS 'Version of the normaliser that loaded the page into jobs; NULL until loaded';
COMMENT ON COLUMN job_pages.body_removed_at IS 'When housekeeping emptied the body (UTC); NULL while the body is stored. The row stays as the record of its hours, credits and quota';


-- Catalog: postings and their vectors, global. No row and no column belongs to a user.

CREATE TABLE quarantined_records (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id            bigint      NOT NULL REFERENCES job_pages (id) ON DELETE CASCADE,
    page_position      integer     NOT NULL CHECK (page_position >= 0),
    external_id        text,
    field              text        NOT NULL,
    reason             text        NOT NULL,
    record             text        NOT NULL,
    normaliser_version integer     NOT NULL,
    quarantined_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (page_id, page_position)
);
CREATE INDEX quarantined_records_at ON quarantined_records (quarantined_at DESC);
COMMENT ON TABLE quarantined_records IS 'One row per record that could not be used, with the reason. It is loaded again from its page after a fix.';
COMMENT ON COLUMN quarantined_records.id IS 'Identity';
COMMENT ON COLUMN quarantined_records.page_id IS 'Page that contained it';
COMMENT ON COLUMN quarantined_records.page_position IS 'Position in the page, from 0';
COMMENT ON COLUMN quarantined_records.external_id IS 'Vendor''s id, where the record had a usable one';
COMMENT ON COLUMN quarantined_records.field IS 'Field that made the record unusable';
COMMENT ON COLUMN quarantined_records.reason IS 'What is wrong with the field, and what would be accepted';
COMMENT ON COLUMN quarantined_records.record IS 'The record as JSON text, without hiring-manager data';
COMMENT ON COLUMN quarantined_records.normaliser_version IS 'Version of the normaliser that rejected it';
COMMENT ON COLUMN quarantined_records.quarantined_at IS 'When it was quarantined (UTC)';

CREATE TABLE job_clusters (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster_key text        NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE job_clusters IS 'One row per group of postings that advertise the same job: same company and title, nearly the same text. Postings are grouped, never merged.';
COMMENT ON COLUMN job_clusters.id IS 'Identity';
COMMENT ON COLUMN job_clusters.cluster_key IS 'Stable key: external_id of the first posting in the group';
COMMENT ON COLUMN job_clusters.created_at IS 'When the group was first seen (UTC)';

CREATE TABLE jobs (
    id                                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_id                       text        NOT NULL UNIQUE,
    title                             text        NOT NULL,
    company                           text        NOT NULL,
    location                          text,
    description                       text,
    url                               text        NOT NULL,
    source                            text,
    source_type                       text,
    source_domain                     text,
    date_posted                       timestamptz,
    date_created                      timestamptz NOT NULL,
    date_validthrough                 timestamptz,
    date_modified                     timestamptz,
    modified_fields                   text[],
    organization_url                  text,
    organization_logo                 text,
    domain_derived                    text,
    employment_type                   text[],
    locations_raw                     jsonb,
    locations_alt_raw                 text[],
    location_type                     text,
    location_requirements_raw         jsonb,
    cities_derived                    text[],
    counties_derived                  text[],
    regions_derived                   text[],
    countries_derived                 text[],
    locations_derived                 text[],
    timezones_derived                 text[],
    lats_derived                      double precision[],
    lngs_derived                      double precision[],
    remote_derived                    boolean,
    salary_raw                        jsonb,
    salary_currency                   text,
    salary_min                        numeric CHECK (salary_min >= 0),
    salary_max                        numeric CHECK (salary_max >= 0),
    salary_unit                       text CHECK (salary_unit IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR')),
    ai_salary_currency                text,
    ai_salary_value                   numeric CHECK (ai_salary_value >= 0),
    ai_salary_minvalue                numeric CHECK (ai_salary_minvalue >= 0),
    ai_salary_maxvalue                numeric CHECK (ai_salary_maxvalue >= 0),
    ai_salary_unittext                text CHECK (ai_salary_unittext IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR')),
    ai_benefits                       text[],
    ai_experience_level               text CHECK (ai_experience_level IN ('0-2', '2-5', '5-10', '10+')),
    ai_work_arrangement               text CHECK (ai_work_arrangement IN ('On-site', 'Hybrid', 'Remote OK', 'Remote Solely')),
    ai_work_arrangement_office_days   smallint CHECK (ai_work_arrangement_office_days BETWEEN 0 AND 7),
    ai_remote_location                text[],
    ai_remote_location_derived        text[],
    ai_key_skills                     text[],
    ai_keywords                       text[],
    ai_taxonomies_a                   text[],
    ai_core_responsibilities          text,
    ai_requirements_summary           text,
    ai_education_requirements         text[],
    ai_working_hours                  numeric CHECK (ai_working_hours BETWEEN 0 AND 168),
    ai_employment_type                text[],
    ai_job_language                   text,
    ai_visa_sponsorship               boolean,
    linkedin_org_employees            integer CHECK (linkedin_org_employees >= 0),
    linkedin_org_url                  text,
    linkedin_org_size                 text,
    linkedin_org_slogan               text,
    linkedin_org_industry             text,
    linkedin_org_followers            integer CHECK (linkedin_org_followers >= 0),
    linkedin_org_headquarters         text,
    linkedin_org_type                 text,
    linkedin_org_foundeddate          text,
    linkedin_org_specialties          text[],
    linkedin_org_locations            text[],
    linkedin_org_description          text,
    linkedin_org_recruitment_agency_derived boolean,
    linkedin_org_slug                 text,
    extra                             jsonb,
    search_text                       tsvector GENERATED ALWAYS AS (
        to_tsvector(
            CASE WHEN ai_job_language = 'German' THEN 'german'::regconfig ELSE 'english'::regconfig END,
            title || ' ' || company || ' ' || coalesce(description, '')
        )
    ) STORED,
    record_hash                       text        NOT NULL,
    text_hash                         text        NOT NULL,
    ad_key                            text        NOT NULL,
    cluster_id                        bigint REFERENCES job_clusters (id),
    closed_at                         timestamptz,
    closed_reason                     text CHECK (closed_reason IN ('expired', 'valid_through', 'age')),
    page_id                           bigint      NOT NULL REFERENCES job_pages (id),
    page_position                     integer     NOT NULL,
    page_fetched_at                   timestamptz NOT NULL,
    collection_hour                   timestamptz NOT NULL,
    inserted_at                       timestamptz NOT NULL DEFAULT now(),
    updated_at                        timestamptz NOT NULL DEFAULT now(),
    run_id                            text,
    CHECK ((closed_at IS NULL) = (closed_reason IS NULL)),
    CONSTRAINT jobs_named CHECK (external_id <> '' AND title <> '' AND company <> '' AND url <> ''),
    CONSTRAINT jobs_salary_range CHECK (salary_min <= salary_max),
    -- An empty list is NULL: unknown.
    CONSTRAINT jobs_ai_lists_filled CHECK (
        cardinality(ai_key_skills) > 0 AND cardinality(ai_keywords) > 0 AND cardinality(ai_taxonomies_a) > 0
        AND cardinality(ai_benefits) > 0 AND cardinality(ai_education_requirements) > 0
        AND cardinality(ai_employment_type) > 0 AND cardinality(ai_remote_location) > 0
        AND cardinality(ai_remote_location_derived) > 0
    )
) WITH (fillfactor = 90);
CREATE INDEX jobs_ai_key_skills ON jobs USING gin (ai_key_skills);
CREATE INDEX jobs_ai_keywords ON jobs USING gin (ai_keywords);
CREATE INDEX jobs_ai_taxonomies_a ON jobs USING gin (ai_taxonomies_a);
CREATE INDEX jobs_search_text ON jobs USING gin (search_text) WITH (gin_pending_list_limit = 32768);
CREATE INDEX jobs_run_id ON jobs (run_id);
CREATE INDEX jobs_page_id ON jobs (page_id);
CREATE INDEX jobs_updated_at ON jobs (updated_at);
CREATE INDEX jobs_ad_key ON jobs (ad_key);
CREATE INDEX jobs_cluster_id ON jobs (cluster_id) WHERE cluster_id IS NOT NULL;
CREATE INDEX jobs_collection_hour ON jobs (collection_hour);
CREATE INDEX jobs_open ON jobs (date_created DESC) WHERE closed_at IS NULL;
-- An index row has at most 2,704 bytes; a company's name may be longer.
CREATE INDEX jobs_open_company ON jobs (left(lower(company), 200), date_created DESC) WHERE closed_at IS NULL;
CREATE INDEX jobs_open_level ON jobs (ai_experience_level, date_created DESC) WHERE closed_at IS NULL;
-- Stale postings are found without reading the wide rows.
CREATE INDEX jobs_open_hashes ON jobs (id) INCLUDE (text_hash, record_hash) WHERE closed_at IS NULL;
COMMENT ON TABLE jobs IS 'One row per posting in its newest version, unique by the vendor''s id. Global: no column belongs to a user.';
COMMENT ON COLUMN jobs.id IS 'Identity, internal';
COMMENT ON COLUMN jobs.external_id IS 'Vendor''s id as text (G1 sends strings, G2 integers)';
COMMENT ON COLUMN jobs.title IS 'Job title, without repetition and extra white space';
COMMENT ON COLUMN jobs.company IS 'Name of the organisation (API: organization)';
COMMENT ON COLUMN jobs.location IS 'Places in one line, joined with "; " (from locations_derived)';
COMMENT ON COLUMN jobs.description IS 'Text of the ad, without control characters (API: description_text)';
COMMENT ON COLUMN jobs.url IS 'Address of the ad, including its query';
COMMENT ON COLUMN jobs.source IS 'Applicant tracking system or board (slug)';
COMMENT ON COLUMN jobs.source_type IS 'ats, career-site or jobboard';
COMMENT ON COLUMN jobs.source_domain IS 'Domain of the source';
COMMENT ON COLUMN jobs.date_posted IS 'When the ad was posted, by its own account (UTC); employers may move it forward';
COMMENT ON COLUMN jobs.date_created IS 'When the vendor indexed the ad (UTC): the time axis of the catalog';
COMMENT ON COLUMN jobs.date_validthrough IS 'Until when the ad is valid, by its own account (UTC)';
COMMENT ON COLUMN jobs.date_modified IS 'When the vendor noticed a change (UTC); 6m and modified feeds only';
COMMENT ON COLUMN jobs.modified_fields IS 'Fields of the last change: the vendor''s list, else the columns that differed';
COMMENT ON COLUMN jobs.organization_url IS 'Web page of the organisation';
COMMENT ON COLUMN jobs.organization_logo IS 'Logo of the organisation; may be a signed address that expires';
COMMENT ON COLUMN jobs.domain_derived IS 'Employer''s domain, derived by the vendor (about 98 % accurate)';
COMMENT ON COLUMN jobs.employment_type IS 'Employment types as the source spells them';
COMMENT ON COLUMN jobs.locations_raw IS 'Places as in the source (list of schema.org Place)';
COMMENT ON COLUMN jobs.locations_alt_raw IS 'Further places as text, from some sources only';
COMMENT ON COLUMN jobs.location_type IS 'TELECOMMUTE, or NULL';
COMMENT ON COLUMN jobs.location_requirements_raw IS 'Countries in which applicants for remote work must live, as in the source';
COMMENT ON COLUMN jobs.cities_derived IS 'Cities, English names, in source order; not aligned with locations_derived';
COMMENT ON COLUMN jobs.counties_derived IS 'Counties, English names';
COMMENT ON COLUMN jobs.regions_derived IS 'Regions or states, English names';
COMMENT ON COLUMN jobs.countries_derived IS 'Countries, English names';
COMMENT ON COLUMN jobs.locations_derived IS 'Places as "City, Region, Country", sorted by the vendor; not aligned with the other arrays';
COMMENT ON COLUMN jobs.timezones_derived IS 'IANA time zones of the places';
COMMENT ON COLUMN jobs.lats_derived IS 'Latitudes of the places in degrees';
COMMENT ON COLUMN jobs.lngs_derived IS 'Longitudes of the places in degrees';
COMMENT ON COLUMN jobs.remote_derived IS 'The vendor''s broad remote flag (G1 only)';
COMMENT ON COLUMN jobs.salary_raw IS 'Salary as in the source (schema.org MonetaryAmount)';
COMMENT ON COLUMN jobs.salary_currency IS 'Currency of the stated salary (ISO 4217), from salary_raw';
COMMENT ON COLUMN jobs.salary_min IS 'Lower bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_max IS 'Upper bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_unit IS 'Time unit of the stated salary';
COMMENT ON COLUMN jobs.ai_salary_currency IS 'Currency of the salary that the vendor''s model found in the text';
COMMENT ON COLUMN jobs.ai_salary_value IS 'Single salary value found in the text';
COMMENT ON COLUMN jobs.ai_salary_minvalue IS 'Lower salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_maxvalue IS 'Upper salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_unittext IS 'Time unit of the salary found in the text';
COMMENT ON COLUMN jobs.ai_benefits IS 'Benefits named in the text';
COMMENT ON COLUMN jobs.ai_experience_level IS 'Years of experience required: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN jobs.ai_work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN jobs.ai_work_arrangement_office_days IS 'Office days per week in a hybrid arrangement';
COMMENT ON COLUMN jobs.ai_remote_location IS 'Where remote work is allowed, as stated';
COMMENT ON COLUMN jobs.ai_remote_location_derived IS 'Where remote work is allowed, as derived by the vendor';
COMMENT ON COLUMN jobs.ai_key_skills IS 'Skills that the posting requires';
COMMENT ON COLUMN jobs.ai_keywords IS 'Keywords of the posting';
COMMENT ON COLUMN jobs.ai_taxonomies_a IS 'Industries and fields, most relevant first';
COMMENT ON COLUMN jobs.ai_core_responsibilities IS 'Responsibilities in two sentences';
COMMENT ON COLUMN jobs.ai_requirements_summary IS 'Requirements in two sentences';
COMMENT ON COLUMN jobs.ai_education_requirements IS 'Required education levels (API G2: ai_education)';
COMMENT ON COLUMN jobs.ai_working_hours IS 'Working hours per week (the vendor''s default is 40)';
COMMENT ON COLUMN jobs.ai_employment_type IS 'FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, VOLUNTEER, PER_DIEM or OTHER';
COMMENT ON COLUMN jobs.ai_job_language IS 'Language of the ad, as an English word';
COMMENT ON COLUMN jobs.ai_visa_sponsorship IS 'Whether visa sponsorship is offered';
COMMENT ON COLUMN jobs.linkedin_org_employees IS 'Number of employees listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_url IS 'Website listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_size IS 'Size class of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_slogan IS 'Slogan of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_industry IS 'LinkedIn industry of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_followers IS 'LinkedIn followers of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_headquarters IS 'Headquarters of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_type IS 'Legal form of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_foundeddate IS 'Founding year, as text';
COMMENT ON COLUMN jobs.linkedin_org_specialties IS 'Specialties of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_locations IS 'Places of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_description IS 'Description of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_recruitment_agency_derived IS 'Whether the organisation is a recruitment agency, as derived by the vendor';
COMMENT ON COLUMN jobs.linkedin_org_slug IS 'LinkedIn slug of the organisation';
COMMENT ON COLUMN jobs.extra IS 'Fields of the record that have no column, unchanged';
COMMENT ON COLUMN jobs.search_text IS 'Full-text vector of title, company and description, in the language of the ad';
COMMENT ON COLUMN jobs.record_hash IS 'SHA-256 of the normalised record: differs when anything has changed';
COMMENT ON COLUMN jobs.text_hash IS 'SHA-256 of the text without cosmetic noise: differs when the posting must be embedded and analysed again';
COMMENT ON COLUMN jobs.ad_key IS 'SHA-256 of company and title without legal form, gender mark and punctuation: postings with the same key may be the same ad';
COMMENT ON COLUMN jobs.cluster_id IS 'Group of postings for the same job; NULL for a posting without duplicates';
COMMENT ON COLUMN jobs.closed_at IS 'When the posting was closed (UTC); NULL while it is open';
COMMENT ON COLUMN jobs.closed_reason IS 'Why it was closed: expired (the vendor''s feed), valid_through or age';
COMMENT ON COLUMN jobs.page_id IS 'Page that contained this version';
COMMENT ON COLUMN jobs.page_position IS 'Position in that page, from 0';
COMMENT ON COLUMN jobs.page_fetched_at IS 'When that page was fetched (UTC)';
COMMENT ON COLUMN jobs.collection_hour IS 'Hour partition of the posting: date_created truncated to the hour (UTC)';
COMMENT ON COLUMN jobs.inserted_at IS 'When the row was inserted (UTC)';
COMMENT ON COLUMN jobs.updated_at IS 'When the row was last changed (UTC)';
COMMENT ON COLUMN jobs.run_id IS 'Dagster run that wrote this version';

CREATE TABLE job_sightings (
    job_id        bigint      PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    last_page_id  bigint      NOT NULL,
    sightings     integer     NOT NULL CHECK (sightings > 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE job_sightings IS 'One narrow row per posting for what changes at every sighting, so that the wide row stays untouched.';
COMMENT ON COLUMN job_sightings.job_id IS 'The posting';
COMMENT ON COLUMN job_sightings.first_seen_at IS 'When a page first contained it (UTC)';
COMMENT ON COLUMN job_sightings.last_seen_at IS 'When a page last contained it (UTC)';
COMMENT ON COLUMN job_sightings.last_page_id IS 'Page of the last sighting; loading the same page again does not count';
COMMENT ON COLUMN job_sightings.sightings IS 'Number of pages that contained it';

CREATE TABLE job_embeddings (
    job_id      bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model       text        NOT NULL,
    text_hash   text        NOT NULL,
    embedding   vector      NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    run_id      text,
    PRIMARY KEY (job_id, model)
);
ALTER TABLE job_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
-- Stale vectors are found without reading a vector.
CREATE INDEX job_embeddings_text ON job_embeddings (model, job_id) INCLUDE (text_hash);
COMMENT ON TABLE job_embeddings IS 'One vector per posting and embedding model.';
COMMENT ON COLUMN job_embeddings.job_id IS 'The posting';
COMMENT ON COLUMN job_embeddings.model IS 'Model, revision, text template and backend of the vector; vectors of different models are never compared';
COMMENT ON COLUMN job_embeddings.text_hash IS 'jobs.text_hash of the embedded text';
COMMENT ON COLUMN job_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN job_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN job_embeddings.run_id IS 'Dagster run that computed it';

CREATE TABLE embedding_models (
    model        text PRIMARY KEY,
    completed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE embedding_models IS 'One row per embedding model that had a vector for every open posting and current profile. The newest is used until the configured one is complete.';
COMMENT ON COLUMN embedding_models.model IS 'Model, weights, backend and text template';
COMMENT ON COLUMN embedding_models.completed_at IS 'When it was first complete (UTC)';


-- Profiles: users, their CVs and preferences. Every row belongs to exactly one user.

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_key   text        NOT NULL UNIQUE CHECK (user_key <> ''),
    active     boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'One row per person for whom postings are matched.';
COMMENT ON COLUMN users.id IS 'Identity, internal';
COMMENT ON COLUMN users.user_key IS 'The caller''s opaque key, used unchanged as the Dagster partition key';
COMMENT ON COLUMN users.active IS 'Whether hourly runs match the user';
COMMENT ON COLUMN users.created_at IS 'When the user was added (UTC)';

CREATE SEQUENCE cv_landings;
CREATE TABLE cv_documents (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id          bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    file_name        text        NOT NULL,
    content          bytea       NOT NULL,
    sha256           text        NOT NULL,
    status           text        NOT NULL CHECK (status IN ('received', 'read', 'unreadable')),
    reason           text,
    text             text,
    received_at      timestamptz NOT NULL DEFAULT now(),
    read_at          timestamptz,
    landing          bigint      NOT NULL DEFAULT nextval('cv_landings'),
    file_bytes       bigint,
    file_modified_ns bigint,
    UNIQUE (user_id, sha256),
    CHECK ((status = 'unreadable') = (reason IS NOT NULL)),
    CHECK ((status = 'read') = (text IS NOT NULL))
);
ALTER SEQUENCE cv_landings OWNED BY cv_documents.landing;
COMMENT ON TABLE cv_documents IS 'One row per user and CV file, distinguished by content. The original is stored until the user has it deleted.';
COMMENT ON COLUMN cv_documents.id IS 'Identity';
COMMENT ON COLUMN cv_documents.user_id IS 'User to whom the CV belongs';
COMMENT ON COLUMN cv_documents.file_name IS 'File name without control characters';
COMMENT ON COLUMN cv_documents.content IS 'The file, byte for byte';
COMMENT ON COLUMN cv_documents.sha256 IS 'SHA-256 of the content, hex';
COMMENT ON COLUMN cv_documents.status IS 'received, read or unreadable';
COMMENT ON COLUMN cv_documents.reason IS 'Why it is unreadable';
COMMENT ON COLUMN cv_documents.text IS 'Plain text of the file';
COMMENT ON COLUMN cv_documents.received_at IS 'When this content last landed (UTC)';
COMMENT ON COLUMN cv_documents.read_at IS 'When it was read (UTC)';
COMMENT ON COLUMN cv_documents.landing IS 'Landing order over all users, independent of clocks; the highest number is the user''s current CV';
COMMENT ON COLUMN cv_documents.file_bytes IS 'Size of the file in the inbox; larger than the content when the file was too large to store';
COMMENT ON COLUMN cv_documents.file_modified_ns IS 'Modification time of the file at its last landing (Unix nanoseconds)';

CREATE TABLE cv_profiles (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id           bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version           integer     NOT NULL CHECK (version > 0),
    document_id       bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    language          text,
    skills            text[],
    experience_years  numeric CHECK (experience_years BETWEEN 0 AND 80),
    experience_level  text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    seniority         text,
    education         text[],
    languages         text[],
    industries        text[],
    work_arrangements text[],
    locations         text[],
    evidence          jsonb       NOT NULL,
    embedding_text    text        NOT NULL,
    text_hash         text        NOT NULL,
    extractor_version integer     NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    run_id            text,
    UNIQUE (user_id, version)
);
COMMENT ON TABLE cv_profiles IS 'One immutable row per version of a user''s profile, extracted from the CV. The highest version is current. NULL means unknown.';
COMMENT ON COLUMN cv_profiles.id IS 'Identity';
COMMENT ON COLUMN cv_profiles.user_id IS 'User to whom the profile belongs';
COMMENT ON COLUMN cv_profiles.version IS 'Version, counted from 1 per user';
COMMENT ON COLUMN cv_profiles.document_id IS 'CV from which it was extracted';
COMMENT ON COLUMN cv_profiles.language IS 'Language of the CV, as an English word';
COMMENT ON COLUMN cv_profiles.skills IS 'Skills as the CV spells them';
COMMENT ON COLUMN cv_profiles.experience_years IS 'Years of work experience; overlapping periods count once';
COMMENT ON COLUMN cv_profiles.experience_level IS 'The vendor''s level for these years: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN cv_profiles.seniority IS 'Seniority, read from job titles';
COMMENT ON COLUMN cv_profiles.education IS 'Education levels: high school, bachelor degree, postgraduate degree';
COMMENT ON COLUMN cv_profiles.languages IS 'Spoken languages, English names';
COMMENT ON COLUMN cv_profiles.industries IS 'Fields of work in the vendor''s taxonomy (jobs.ai_taxonomies_a)';
COMMENT ON COLUMN cv_profiles.work_arrangements IS 'Work arrangements that the CV asks for';
COMMENT ON COLUMN cv_profiles.locations IS 'Places that the CV asks for or gives as home';
COMMENT ON COLUMN cv_profiles.evidence IS 'For each field the passages from which it was read';
COMMENT ON COLUMN cv_profiles.embedding_text IS 'Text that is embedded for the profile';
COMMENT ON COLUMN cv_profiles.text_hash IS 'SHA-256 of embedding_text';
COMMENT ON COLUMN cv_profiles.extractor_version IS 'Version of the extractor';
COMMENT ON COLUMN cv_profiles.created_at IS 'When it was extracted (UTC)';
COMMENT ON COLUMN cv_profiles.run_id IS 'Dagster run that extracted it';

CREATE TABLE profile_embeddings (
    profile_id  bigint      NOT NULL REFERENCES cv_profiles (id) ON DELETE CASCADE,
    model       text        NOT NULL,
    text_hash   text        NOT NULL,
    embedding   vector      NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    run_id      text,
    PRIMARY KEY (profile_id, model)
);
ALTER TABLE profile_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE profile_embeddings IS 'One vector per profile version and embedding model. Personal data: erased with the user.';
COMMENT ON COLUMN profile_embeddings.profile_id IS 'The profile version';
COMMENT ON COLUMN profile_embeddings.model IS 'Model, revision, text template and backend of the vector';
COMMENT ON COLUMN profile_embeddings.text_hash IS 'cv_profiles.text_hash of the embedded text';
COMMENT ON COLUMN profile_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN profile_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN profile_embeddings.run_id IS 'Dagster run that computed it';

CREATE TABLE user_preferences (
    user_id            bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    locations          text[],
    work_arrangements  text[],
    min_salary         numeric CHECK (min_salary >= 0),
    salary_currency    text,
    needs_visa         boolean,
    languages          text[],
    excluded_companies text[],
    updated_at         timestamptz NOT NULL DEFAULT now(),
    version            integer     NOT NULL DEFAULT 1,
    source_sha256      text,
    problem            text
);
COMMENT ON TABLE user_preferences IS 'One row per user with what the user asked for. NULL means no preference.';
COMMENT ON COLUMN user_preferences.user_id IS 'The user';
COMMENT ON COLUMN user_preferences.locations IS 'Places the user accepts';
COMMENT ON COLUMN user_preferences.work_arrangements IS 'Work arrangements the user accepts (values of jobs.ai_work_arrangement)';
COMMENT ON COLUMN user_preferences.min_salary IS 'Lowest yearly salary the user accepts, in salary_currency';
COMMENT ON COLUMN user_preferences.salary_currency IS 'Currency of min_salary (ISO 4217)';
COMMENT ON COLUMN user_preferences.needs_visa IS 'Whether the user needs visa sponsorship';
COMMENT ON COLUMN user_preferences.languages IS 'Accepted languages of an ad, English names';
COMMENT ON COLUMN user_preferences.excluded_companies IS 'Companies that the user does not want to see';
COMMENT ON COLUMN user_preferences.updated_at IS 'When the preferences were last set (UTC)';
COMMENT ON COLUMN user_preferences.version IS 'Raised by every change; newer than user_match_state.preferences_version means that the user must be matched again';
COMMENT ON COLUMN user_preferences.source_sha256 IS 'SHA-256 of the preferences file that was last read, whether accepted or rejected';
COMMENT ON COLUMN user_preferences.problem IS 'Why the preferences file was rejected, field by field; the earlier preferences remain';

CREATE TABLE profile_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document_id     bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 1,
    reserved_usd    numeric     NOT NULL CHECK (reserved_usd >= 0),
    lost_usd        numeric     NOT NULL DEFAULT 0 CHECK (lost_usd >= 0),
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    applied_version integer,
    claimed_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text
);
CREATE INDEX profile_requests_user ON profile_requests (user_id);
COMMENT ON TABLE profile_requests IS 'Ledger: one row per distinct question to Claude about a CV, committed before the call. A stored answer is never paid for again.';
COMMENT ON COLUMN profile_requests.id IS 'Identity';
COMMENT ON COLUMN profile_requests.request_hash IS 'SHA-256 of user, model, prompt, answer schema and the text without personal data';
COMMENT ON COLUMN profile_requests.user_id IS 'User to whom the CV belongs';
COMMENT ON COLUMN profile_requests.document_id IS 'CV that the question is about';
COMMENT ON COLUMN profile_requests.model IS 'Claude model';
COMMENT ON COLUMN profile_requests.state IS 'pending (committed, no answer yet), answered or failed (may be asked again)';
COMMENT ON COLUMN profile_requests.attempts IS 'Number of calls';
COMMENT ON COLUMN profile_requests.reserved_usd IS 'Maximum cost of the call (USD); counts as spent while the request is pending';
COMMENT ON COLUMN profile_requests.lost_usd IS 'Maximum cost of calls without a recorded answer (USD)';
COMMENT ON COLUMN profile_requests.answer IS 'The raw message, stored before it is parsed';
COMMENT ON COLUMN profile_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN profile_requests.cost_usd IS 'Cost by usage and price table (USD)';
COMMENT ON COLUMN profile_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN profile_requests.applied_version IS 'Profile version that contains the usable part of the answer, or the version of the question if no part was usable; NULL until applied';
COMMENT ON COLUMN profile_requests.claimed_at IS 'When the last call was about to start (UTC)';
COMMENT ON COLUMN profile_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN profile_requests.run_id IS 'Dagster run that asked';


-- Matching: facts of postings, calibration, and the scores of each pair of user and posting

CREATE TABLE job_facts (
    job_id           bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash      text        NOT NULL,
    facts_version    text        NOT NULL,
    skills           text[],
    experience_level text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    industries       text[],
    work_arrangement text CHECK (work_arrangement IN ('On-site', 'Hybrid', 'Remote OK', 'Remote Solely')),
    derived          text[],
    read_at          timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);
COMMENT ON TABLE job_facts IS 'One row per matched posting: the facts that matching compares. They come from the vendor or, where the vendor gives none, from the ad itself.';
COMMENT ON COLUMN job_facts.job_id IS 'The posting';
COMMENT ON COLUMN job_facts.record_hash IS 'jobs.record_hash of the version that was read';
COMMENT ON COLUMN job_facts.facts_version IS 'Version of the reader and its word lists';
COMMENT ON COLUMN job_facts.skills IS 'Required skills, as the vendor or the ad spells them';
COMMENT ON COLUMN job_facts.experience_level IS 'Required experience: 0-2, 2-5, 5-10 or 10+ years';
COMMENT ON COLUMN job_facts.industries IS 'Fields of work in the vendor''s taxonomy';
COMMENT ON COLUMN job_facts.work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN job_facts.derived IS 'Names of the facts that were read from the ad; they may score a pair, never exclude one';
COMMENT ON COLUMN job_facts.read_at IS 'When the facts were read (UTC)';

CREATE TABLE skill_neighbours (
    model      text        NOT NULL,
    version    text        NOT NULL,
    skill      text        NOT NULL,
    neighbours text[]      NOT NULL,
    found_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, version, skill)
);
COMMENT ON TABLE skill_neighbours IS 'One row per embedding model, table version and posting skill that is missing from the skill table: which skills of the table are similar to it by vectors.';
COMMENT ON COLUMN skill_neighbours.model IS 'Embedding model of the vectors';
COMMENT ON COLUMN skill_neighbours.version IS 'Version of the skill table and of the similarity rule';
COMMENT ON COLUMN skill_neighbours.skill IS 'The skill, folded, as postings name it; never one that only a CV names';
COMMENT ON COLUMN skill_neighbours.neighbours IS 'Similar names from the skill table, nearest first; empty when there are none';
COMMENT ON COLUMN skill_neighbours.found_at IS 'When it was compared (UTC)';

CREATE TABLE score_calibrations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model      text        NOT NULL,
    knots      jsonb       NOT NULL,
    provenance jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    run_id     text
);
CREATE INDEX score_calibrations_model ON score_calibrations (model, id DESC);
COMMENT ON TABLE score_calibrations IS 'One row per fit of the map from cosine similarity to semantic_score. The newest row of a model is current.';
COMMENT ON COLUMN score_calibrations.id IS 'Identity; the calibration''s version';
COMMENT ON COLUMN score_calibrations.model IS 'Embedding model for which it is valid';
COMMENT ON COLUMN score_calibrations.knots IS 'List of [cosine, score], both increasing, with linear interpolation';
COMMENT ON COLUMN score_calibrations.provenance IS 'What it was fitted on: data, number of pairs, percentiles';
COMMENT ON COLUMN score_calibrations.created_at IS 'When it was fitted (UTC)';
COMMENT ON COLUMN score_calibrations.run_id IS 'Dagster run that fitted it';

CREATE TABLE user_job_matches (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id                bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id                 bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    similarity             real CHECK (similarity BETWEEN -1.001 AND 1.001),
    semantic_score         smallint CHECK (semantic_score BETWEEN 0 AND 100),
    match_score            smallint CHECK (match_score BETWEEN 0 AND 100),
    skills_score           smallint CHECK (skills_score BETWEEN 0 AND 100),
    experience_score       smallint CHECK (experience_score BETWEEN 0 AND 100),
    industry_score         smallint CHECK (industry_score BETWEEN 0 AND 100),
    work_arrangement_score smallint CHECK (work_arrangement_score BETWEEN 0 AND 100),
    claude_score           smallint CHECK (claude_score BETWEEN 0 AND 100),
    claude_status          text CHECK (claude_status IN ('waiting', 'pending', 'done', 'failed', 'refused', 'ungrounded', 'skipped')),
    priority               text CHECK (priority IN ('high', 'medium', 'low')),
    matching_skills        text[],
    missing_skills         text[],
    match_reasoning        text,
    key_alignments         jsonb,
    potential_gaps         jsonb,
    status                 text        NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'saved', 'applied', 'rejected')),
    decided_at             timestamptz,
    profile_version        integer,
    embedding_model        text,
    calibration_id         bigint REFERENCES score_calibrations (id) ON DELETE SET NULL,
    scoring_key            text,
    record_hash            text,
    claude_request_hash    text,
    claude_reason          text,
    prompt_version         text,
    claude_model           text,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    run_id                 text,
    relevance              real CHECK (relevance BETWEEN 0 AND 100),
    skill_hits             jsonb,
    filters                jsonb,
    claude_raw_score       smallint CHECK (claude_raw_score BETWEEN 0 AND 100),
    claude_band_low        smallint CHECK (claude_band_low BETWEEN 0 AND 100),
    claude_band_high       smallint CHECK (claude_band_high BETWEEN 0 AND 100),
    claude_deviation       smallint,
    claude_items_dropped   smallint,
    claude_is_generic      boolean,
    posting_signs          text[],
    UNIQUE (user_id, job_id),
    CONSTRAINT user_job_matches_decision_dated CHECK (status = 'new' OR decided_at IS NOT NULL),
    -- A decision from the legacy project has no score until its pair is matched.
    CONSTRAINT user_job_matches_scores_explained CHECK (
        match_score IS NULL AND semantic_score IS NULL
        OR profile_version IS NOT NULL AND embedding_model IS NOT NULL AND scoring_key IS NOT NULL AND record_hash IS NOT NULL
    )
) WITH (fillfactor = 90);
CREATE INDEX user_job_matches_job ON user_job_matches (job_id);
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, relevance DESC NULLS LAST);
CREATE INDEX user_job_matches_decided ON user_job_matches (user_id, decided_at DESC) WHERE status <> 'new';
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, match_score DESC) WHERE claude_status IN ('waiting', 'pending');
COMMENT ON TABLE user_job_matches IS 'One row per user and posting that fit well enough to keep. Belongs to the user.';
COMMENT ON COLUMN user_job_matches.id IS 'Identity';
COMMENT ON COLUMN user_job_matches.user_id IS 'The user';
COMMENT ON COLUMN user_job_matches.job_id IS 'The posting';
COMMENT ON COLUMN user_job_matches.similarity IS 'Cosine similarity of posting and profile, before calibration';
COMMENT ON COLUMN user_job_matches.semantic_score IS 'Calibrated similarity, 0..100; NULL when not computed';
COMMENT ON COLUMN user_job_matches.match_score IS 'Weighted score of the known parts, 0..100';
COMMENT ON COLUMN user_job_matches.skills_score IS 'Skills part of match_score, 0..100; NULL when the posting or the CV names no skills';
COMMENT ON COLUMN user_job_matches.experience_score IS 'Experience part of match_score, 0..100; NULL when unknown';
COMMENT ON COLUMN user_job_matches.industry_score IS 'Industry part of match_score, 0..100; NULL when unknown';
COMMENT ON COLUMN user_job_matches.work_arrangement_score IS 'Work arrangement part of match_score, 0..100; NULL when unknown';
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score, limited to the neighbourhood of its band, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'waiting, pending (in a message batch), done, failed, refused, ungrounded or skipped; NULL when the semantic score is too low for Claude';
COMMENT ON COLUMN user_job_matches.priority IS 'high, medium or low, derived from claude_score, else from match_score';
COMMENT ON COLUMN user_job_matches.matching_skills IS 'Skills of the posting that the CV shows';
COMMENT ON COLUMN user_job_matches.missing_skills IS 'Skills of the posting that the CV does not show';
COMMENT ON COLUMN user_job_matches.match_reasoning IS 'Why the posting fits the user or does not';
COMMENT ON COLUMN user_job_matches.key_alignments IS 'Claude''s alignments, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.potential_gaps IS 'Claude''s gaps, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.status IS 'The user''s own decision: new, saved, applied or rejected. Matching never overwrites it';
COMMENT ON COLUMN user_job_matches.decided_at IS 'When the user decided (UTC)';
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched; NULL for a decision from the legacy project that is not matched yet';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity; NULL until matched';
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score; NULL when it has been deleted';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights of the scores; NULL until matched';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched; NULL until matched';
COMMENT ON COLUMN user_job_matches.claude_request_hash IS 'claude_requests.request_hash of the answer behind the Claude columns';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, or why the pair is still waiting';
COMMENT ON COLUMN user_job_matches.prompt_version IS 'Version of the prompt behind claude_score';
COMMENT ON COLUMN user_job_matches.claude_model IS 'Claude model behind claude_score';
COMMENT ON COLUMN user_job_matches.created_at IS 'When the row was inserted (UTC)';
COMMENT ON COLUMN user_job_matches.updated_at IS 'When anything but the decision last changed (UTC)';
COMMENT ON COLUMN user_job_matches.run_id IS 'Dagster run that wrote the scores';
COMMENT ON COLUMN user_job_matches.relevance IS 'Sort key of the user''s list, 0..100: semantic similarity first, then field and skills (core/matching/scoring.py)';
COMMENT ON COLUMN user_job_matches.skill_hits IS 'List of [kind, skill of the posting, skill of the CV]; kind is exact, alias, fuzzy, related (by the skill table), similar (by vectors) or category';
COMMENT ON COLUMN user_job_matches.filters IS 'Result of each filter that the user has set: fits or unknown. A pair that does not fit is not stored';
COMMENT ON COLUMN user_job_matches.claude_raw_score IS 'Claude''s own score, before it was limited';
COMMENT ON COLUMN user_job_matches.claude_band_low IS 'Lower end of the band that follows from the skill match, or from the other known parts where that is unknown';
COMMENT ON COLUMN user_job_matches.claude_band_high IS 'Upper end of the band';
COMMENT ON COLUMN user_job_matches.claude_deviation IS 'Signed distance of claude_raw_score from the band; 0 inside';
COMMENT ON COLUMN user_job_matches.claude_items_dropped IS 'Number of alignments and gaps dropped because their quote is in neither text';
COMMENT ON COLUMN user_job_matches.claude_is_generic IS 'Whether the reasons name no concrete skill or fact, even in the second answer';
COMMENT ON COLUMN user_job_matches.posting_signs IS 'Signs of instructions or hidden text in the ad; Claude then received its structured fields only. NULL when there are none';

CREATE TABLE job_match_state (
    job_id      bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash text        NOT NULL,
    scoring_key text        NOT NULL,
    matched_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
COMMENT ON TABLE job_match_state IS 'One row per posting that was matched against every active user. A missing row, or values other than the posting''s, mean that the posting is stale.';
COMMENT ON COLUMN job_match_state.job_id IS 'The posting';
COMMENT ON COLUMN job_match_state.record_hash IS 'jobs.record_hash of the version that was matched';
COMMENT ON COLUMN job_match_state.scoring_key IS 'Embedding model, calibration and weights of the scores';
COMMENT ON COLUMN job_match_state.matched_at IS 'When it was matched (UTC)';

CREATE TABLE user_match_state (
    user_id             bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    profile_version     integer     NOT NULL,
    scoring_key         text        NOT NULL,
    matched_at          timestamptz NOT NULL DEFAULT now(),
    run_id              text,
    preferences_version integer     NOT NULL DEFAULT 0
);
COMMENT ON TABLE user_match_state IS 'One row per user: the inputs of the user''s matches. The CV sensor compares them with the current ones.';
COMMENT ON COLUMN user_match_state.user_id IS 'The user';
COMMENT ON COLUMN user_match_state.profile_version IS 'Profile version that was matched against every open posting';
COMMENT ON COLUMN user_match_state.scoring_key IS 'Embedding model, calibration and weights of the scores';
COMMENT ON COLUMN user_match_state.matched_at IS 'When the user was matched (UTC)';
COMMENT ON COLUMN user_match_state.run_id IS 'Dagster run that matched the user';
COMMENT ON COLUMN user_match_state.preferences_version IS 'user_preferences.version that was used; 0 when there were no preferences';


-- Enrichment: requests to Claude about a pair, and what they cost

CREATE TABLE claude_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id          bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    prompt_version  text        NOT NULL,
    profile_version integer     NOT NULL,
    text_hash       text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed', 'rejected')),
    attempts        integer     NOT NULL DEFAULT 0,
    batch_id        text,
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text,
    attempt         smallint    NOT NULL DEFAULT 1 CHECK (attempt IN (1, 2)),
    failures        smallint    NOT NULL DEFAULT 0,
    claimed_at      timestamptz NOT NULL DEFAULT now(),
    reserved_usd    numeric     NOT NULL DEFAULT 0 CHECK (reserved_usd >= 0),
    lost_usd        numeric     NOT NULL DEFAULT 0 CHECK (lost_usd >= 0)
);
CREATE INDEX claude_requests_user ON claude_requests (user_id);
CREATE INDEX claude_requests_job ON claude_requests (job_id);
CREATE INDEX claude_requests_answered_at ON claude_requests (answered_at);
CREATE INDEX claude_requests_claimed_at ON claude_requests (claimed_at) WHERE lost_usd > 0;
CREATE INDEX claude_requests_pending ON claude_requests (batch_id) WHERE state = 'pending';
COMMENT ON TABLE claude_requests IS 'Ledger: one row per distinct request to Claude, committed before the call. A stored answer is never paid for again.';
COMMENT ON COLUMN claude_requests.id IS 'Identity';
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 of user, model, prompt version (guidelines and answer schema), facts of profile and posting, and attempt';
COMMENT ON COLUMN claude_requests.user_id IS 'User of the pair';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting in the prompt: the oldest of its cluster, whose answer counts for the others';
COMMENT ON COLUMN claude_requests.model IS 'Claude model';
COMMENT ON COLUMN claude_requests.prompt_version IS 'Version of the prompt';
COMMENT ON COLUMN claude_requests.profile_version IS 'Profile version in the prompt';
COMMENT ON COLUMN claude_requests.text_hash IS 'jobs.text_hash of the posting in the prompt';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, no answer yet), answered, failed (may be asked again) or rejected (the API will never answer it, or it failed too often)';
COMMENT ON COLUMN claude_requests.attempts IS 'Number of calls, or of batches that contained it';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch that contains it; "submitting:" and the batch''s key until the API has named the batch; NULL for a direct call';
COMMENT ON COLUMN claude_requests.answer IS 'The raw answer, stored before it is parsed';
COMMENT ON COLUMN claude_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN claude_requests.cost_usd IS 'Cost by usage and price table (USD)';
COMMENT ON COLUMN claude_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN claude_requests.created_at IS 'When the row was committed (UTC)';
COMMENT ON COLUMN claude_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN claude_requests.run_id IS 'Dagster run that asked';
COMMENT ON COLUMN claude_requests.attempt IS '1, or 2 for the single repetition after an unusable or generic answer';
COMMENT ON COLUMN claude_requests.failures IS 'Failures that count towards giving up: batch items without an answer, calls that may have been billed';
COMMENT ON COLUMN claude_requests.claimed_at IS 'When the last call was about to start (UTC)';
COMMENT ON COLUMN claude_requests.reserved_usd IS 'Maximum cost of the call in progress (USD); 0 when there is none';
COMMENT ON COLUMN claude_requests.lost_usd IS 'Maximum cost of calls without a recorded answer (USD): timeouts, kills between answer and commit';

CREATE TABLE claude_costs_erased (
    day date    PRIMARY KEY,
    usd numeric NOT NULL CHECK (usd >= 0)
);
COMMENT ON TABLE claude_costs_erased IS 'One row per day (UTC) on which later erased users caused costs: their sum, so that an erasure does not refund a budget. Names nobody.';
COMMENT ON COLUMN claude_costs_erased.day IS 'Day (UTC) of the answer, of a call whose answer was lost, or of the erasure for a call in progress';
COMMENT ON COLUMN claude_costs_erased.usd IS 'Costs of answers, maximum costs of lost calls, and reservations of calls in progress (USD)';


-- Operations: failed runs, erased users

CREATE TABLE run_failures (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id          text        NOT NULL UNIQUE,
    job_name        text        NOT NULL,
    partition_key   text,
    user_id         bigint REFERENCES users (id) ON DELETE CASCADE,
    step_key        text,
    error_class     text        NOT NULL,
    next_step       text        NOT NULL,
    inputs          jsonb       NOT NULL,
    failed_at       timestamptz NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now(),
    webhook_outcome text
);
CREATE INDEX run_failures_failed_at ON run_failures (failed_at);
CREATE INDEX run_failures_user_id ON run_failures (user_id) WHERE user_id IS NOT NULL;
COMMENT ON TABLE run_failures IS 'One row per failed run, with the next step. Error messages are not stored here, because they may quote a CV or a secret; they are in the run.';
COMMENT ON COLUMN run_failures.id IS 'Identity';
COMMENT ON COLUMN run_failures.run_id IS 'Dagster run that failed';
COMMENT ON COLUMN run_failures.job_name IS 'Job of the run';
COMMENT ON COLUMN run_failures.partition_key IS 'Partition of the run (an hour, a day, a user key), or first and last of a range; NULL without partitions';
COMMENT ON COLUMN run_failures.user_id IS 'User, when the run was for a single user; the row is erased with the user';
COMMENT ON COLUMN run_failures.step_key IS 'Step that failed first; NULL when the run failed outside its steps';
COMMENT ON COLUMN run_failures.error_class IS 'Class of the innermost error';
COMMENT ON COLUMN run_failures.next_step IS 'What to click or type';
COMMENT ON COLUMN run_failures.inputs IS 'Tags that name the run''s inputs (jobmatch/..., partition, backfill), without configuration';
COMMENT ON COLUMN run_failures.failed_at IS 'When the run failed (UTC)';
COMMENT ON COLUMN run_failures.noted_at IS 'When the sensor recorded it (UTC)';
COMMENT ON COLUMN run_failures.webhook_outcome IS 'HTTP status of the webhook, or the class of the error that prevented the call; NULL when no webhook is configured';

CREATE TABLE forgotten_users (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    salt         text        NOT NULL,
    key_hash     text        NOT NULL,
    report       jsonb       NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE forgotten_users IS 'One row per erasure. It does not lead to the person; someone who knows the key can prove when it was erased.';
COMMENT ON COLUMN forgotten_users.id IS 'Identity';
COMMENT ON COLUMN forgotten_users.salt IS 'Random salt of this row, hex';
COMMENT ON COLUMN forgotten_users.key_hash IS 'scrypt of the user key with the salt, hex';
COMMENT ON COLUMN forgotten_users.report IS 'Places searched after the erasure, each with its hits (all 0), and what was erased';
COMMENT ON COLUMN forgotten_users.forgotten_at IS 'When the user was erased (UTC)';


-- Legacy conversion: the record of `jobmatch migrate --from-legacy`

CREATE TABLE legacy_conversions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    counts       jsonb       NOT NULL,
    checksums    jsonb       NOT NULL,
    converted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE legacy_conversions IS 'One row per conversion of a legacy database: its counts, and the checksums that a return to the legacy state must reproduce.';
COMMENT ON COLUMN legacy_conversions.id IS 'Identity';
COMMENT ON COLUMN legacy_conversions.counts IS 'Rows found, converted, refused and carried over';
COMMENT ON COLUMN legacy_conversions.checksums IS 'Checksum of each legacy table before the conversion: rows, columns, indexes, constraints, sequences';
COMMENT ON COLUMN legacy_conversions.converted_at IS 'When the database was converted (UTC)';

CREATE TABLE legacy_decisions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    legacy_match_id text   NOT NULL,
    external_id     text,
    legacy_status   text   NOT NULL,
    decided_at      timestamptz,
    outcome         text   NOT NULL CHECK (outcome IN ('carried', 'older', 'left')),
    reason          text,
    CHECK ((outcome = 'carried') = (reason IS NULL))
);
CREATE INDEX legacy_decisions_user ON legacy_decisions (user_id);
COMMENT ON TABLE legacy_decisions IS 'One row per decision in the legacy matches, and its outcome. Belongs to the user.';
COMMENT ON COLUMN legacy_decisions.id IS 'Identity';
COMMENT ON COLUMN legacy_decisions.user_id IS 'The user';
COMMENT ON COLUMN legacy_decisions.legacy_match_id IS 'id of the row in user_job_matches_legacy_backup';
COMMENT ON COLUMN legacy_decisions.external_id IS 'Vendor''s id of the posting, where the legacy tables have it';
COMMENT ON COLUMN legacy_decisions.legacy_status IS 'Status in the legacy row';
COMMENT ON COLUMN legacy_decisions.decided_at IS 'When the legacy row last changed (UTC); NULL when unknown';
COMMENT ON COLUMN legacy_decisions.outcome IS 'carried to user_job_matches; older than another decision on the same posting; or left in the backup';
COMMENT ON COLUMN legacy_decisions.reason IS 'Why it was not carried over';


-- Isolation: a role for each purpose, and row-level security on every table with data of users

-- Roles belong to the whole server, so their names start with that of the database.
CREATE OR REPLACE FUNCTION isolation_role(purpose text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT left(current_database(), 62 - length(purpose)) || '_' || purpose
$$;
COMMENT ON FUNCTION isolation_role IS 'Name of a role of this database: pipeline, reader or statistics';

CREATE OR REPLACE FUNCTION reader_key() RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('jobmatch.user_key', true), '')
$$;
COMMENT ON FUNCTION reader_key IS 'Key of the user for whom this transaction reads, set by SELECT set_config(''jobmatch.user_key'', KEY, true); NULL (no rows) when it is not set';

CREATE OR REPLACE FUNCTION reader_id() RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT id FROM users WHERE user_key = reader_key()
$$;
COMMENT ON FUNCTION reader_id IS 'users.id of the user for whom this transaction reads';

-- `jobmatch migrate` calls this after every change of the schema with all tables and views, so that new tables are
-- isolated without further work.
CREATE OR REPLACE FUNCTION isolate_users(tables text[], views text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    pipeline   text := isolation_role('pipeline');
    reader     text := isolation_role('reader');
    statistics text := isolation_role('statistics');
    name       text;
    rule       text;
    personal   text[];
BEGIN
    FOREACH name IN ARRAY ARRAY[pipeline, reader, statistics] LOOP
        IF to_regrole(quote_ident(name)) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                -- A creator who is no superuser may administer the role, but not switch to it.
                IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', name);
                END IF;
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RETURN format('the role %I is missing and this user may not create it', name);
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- another session has just created it
            END;
        END IF;
    END LOOP;

    personal := personal_tables(tables);
    FOREACH name IN ARRAY tables LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %I, %I, %I', name, pipeline, reader, statistics);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I', name, pipeline);
        -- Only the pipeline reads the record of erasures.
        CONTINUE WHEN name = 'forgotten_users';
        EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
        IF name <> ALL (personal) THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', name, statistics);
            CONTINUE;
        END IF;
        rule := reader_rule(name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS pipeline ON %I', name);
        EXECUTE format('CREATE POLICY pipeline ON %I TO %I USING (true) WITH CHECK (true)', name, pipeline);
        EXECUTE format('DROP POLICY IF EXISTS reader ON %I', name);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO %I USING (%s)', name, reader, rule);
    END LOOP;

    -- Statistics count over all users, without the text of CVs, prompts or answers.
    EXECUTE format('GRANT SELECT (id, user_key, active, created_at) ON users TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, user_id, job_id, semantic_score, match_score, skills_score, experience_score, industry_score, '
        'work_arrangement_score, claude_score, claude_status, priority, missing_skills, status, decided_at) '
        'ON user_job_matches TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, model, prompt_version, state, attempts, usage, cost_usd, lost_usd, created_at, claimed_at, '
        'answered_at) ON claude_requests TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, model, state, attempts, usage, cost_usd, lost_usd, claimed_at, answered_at) '
        'ON profile_requests TO %I', statistics);
    FOREACH name IN ARRAY ARRAY['users', 'user_job_matches', 'claude_requests', 'profile_requests'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS statistics ON %I', name);
        EXECUTE format('CREATE POLICY statistics ON %I FOR SELECT TO %I USING (true)', name, statistics);
    END LOOP;
    FOREACH name IN ARRAY views LOOP
        EXECUTE format('GRANT SELECT ON %I TO %I, %I, %I', name, pipeline, reader, statistics);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I, %I', current_schema(), pipeline, reader, statistics);
    FOR name IN
        SELECT s.relname FROM pg_class AS s
        JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_class AS t ON t.oid = d.refobjid AND t.relnamespace = s.relnamespace
        WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace AND t.relname = ANY (tables)
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %I TO %I', name, pipeline);
    END LOOP;
    -- An erasure also covers the backups of the legacy tables; only the pipeline reads them.
    FOR name IN
        SELECT CASE WHEN c.relkind = 'S' THEN 'SELECT ON SEQUENCE ' ELSE 'SELECT, UPDATE, DELETE ON ' END || quote_ident(c.relname)
        FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p', 'S') AND c.relname LIKE '%\_legacy\_backup'
          AND c.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('GRANT %s TO %I', name, pipeline);
    END LOOP;
    -- Every run checks the version of the schema.
    EXECUTE format('GRANT SELECT ON _yoyo_migration TO %I, %I, %I', pipeline, reader, statistics);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION isolate_users IS 'Creates roles, grants and policies again; returns NULL, or what an administrator must do first';

-- A table is personal when it has a column user_id, or a foreign key to a personal table.
CREATE OR REPLACE FUNCTION personal_tables(tables text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE personal (name) AS (
        SELECT t.name FROM unnest(tables) AS t (name)
        WHERE t.name = 'users' OR EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(t.name)) AND attname = 'user_id' AND NOT attisdropped
        )
        UNION
        SELECT t.name FROM unnest(tables) AS t (name)
        JOIN pg_constraint AS c ON c.contype = 'f' AND c.conrelid = to_regclass(quote_ident(t.name))
        JOIN personal ON c.confrelid = to_regclass(quote_ident(personal.name))
    )
    SELECT array_agg(name ORDER BY name) FROM personal
$$;
COMMENT ON FUNCTION personal_tables IS 'Those of the given tables that contain data of users';

CREATE OR REPLACE FUNCTION reader_rule(table_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN table_name = 'users' THEN 'user_key = (SELECT reader_key())'
        WHEN EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(table_name)) AND attname = 'user_id' AND NOT attisdropped
        ) THEN 'user_id = (SELECT reader_id())'
        -- Inside the rule the policy of the referenced table applies as well.
        ELSE (
            SELECT format('EXISTS (SELECT FROM %s AS owned WHERE owned.%I = %I.%I)',
                          c.confrelid::regclass, pointed.attname, table_name, pointing.attname)
            FROM pg_constraint AS c
            JOIN pg_attribute AS pointing ON pointing.attrelid = c.conrelid AND pointing.attnum = c.conkey[1]
            JOIN pg_attribute AS pointed ON pointed.attrelid = c.confrelid AND pointed.attnum = c.confkey[1]
            JOIN pg_class AS target ON target.oid = c.confrelid AND target.relrowsecurity
            WHERE c.contype = 'f' AND c.conrelid = to_regclass(quote_ident(table_name))
            ORDER BY c.conname LIMIT 1
        )
    END
$$;
COMMENT ON FUNCTION reader_rule IS 'Condition for the rows of a table that a reader sees';
