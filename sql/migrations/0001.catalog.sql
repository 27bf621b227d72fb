-- Global catalogue: pages as they came, postings, vectors. Nothing here belongs to a user.
-- depends:

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE job_pages (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sweep_id           uuid        NOT NULL,
    generation         text        NOT NULL CHECK (generation IN ('g1', 'g2')),
    endpoint           text        NOT NULL CHECK (endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired')),
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
    normaliser_version integer
);
CREATE UNIQUE INDEX job_pages_sweep ON job_pages (sweep_id, page_offset)
WHERE status = 200 AND record_count IS NOT NULL;
CREATE INDEX job_pages_fetched_at ON job_pages (fetched_at);
CREATE INDEX job_pages_window ON job_pages (window_start, window_end) WHERE last_page;
CREATE INDEX job_pages_normaliser_version ON job_pages (normaliser_version);
COMMENT ON TABLE job_pages IS 'One row per HTTP response of the Active Jobs API, kept as it came. jobs can be rebuilt from these rows alone.';
COMMENT ON COLUMN job_pages.id IS 'Identity; grows in the order in which pages were stored';
COMMENT ON COLUMN job_pages.sweep_id IS 'The walk through the pages of one window that this page belongs to';
COMMENT ON COLUMN job_pages.generation IS 'Generation of the interface: g1 or g2';
COMMENT ON COLUMN job_pages.endpoint IS 'Which feed was asked: 1h, 24h, 7d, 6m, modified or expired';
COMMENT ON COLUMN job_pages.window_start IS 'Start (UTC, inclusive) of the hours that the sweep answers for; NULL for feeds without a window';
COMMENT ON COLUMN job_pages.window_end IS 'End (UTC, exclusive) of the hours that the sweep answers for';
COMMENT ON COLUMN job_pages.filters IS 'What was asked for, in the project''s own terms: a page answers for hours of the same filters alone';
COMMENT ON COLUMN job_pages.request IS 'Request parameters, never the key';
COMMENT ON COLUMN job_pages.page_offset IS 'Offset of the first record of the page';
COMMENT ON COLUMN job_pages.status IS 'HTTP status';
COMMENT ON COLUMN job_pages.headers IS 'Quota and content headers of the response, lower-case names';
COMMENT ON COLUMN job_pages.body IS 'Response body, byte for byte';
COMMENT ON COLUMN job_pages.sha256 IS 'SHA-256 of the body, hex';
COMMENT ON COLUMN job_pages.record_count IS 'Records in the page; NULL when the body is not an array of records';
COMMENT ON COLUMN job_pages.last_page IS 'True when the sweep was complete with this page';
COMMENT ON COLUMN job_pages.fetched_at IS 'When the response arrived (UTC)';
COMMENT ON COLUMN job_pages.run_id IS 'Dagster run that fetched it';
COMMENT ON COLUMN job_pages.normaliser_version IS 'Version of the normaliser that loaded the page into jobs; NULL until loaded';

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
COMMENT ON TABLE quarantined_records IS 'One row per record that could not be used, with the reason; replayed from its page after a fix.';
COMMENT ON COLUMN quarantined_records.id IS 'Identity';
COMMENT ON COLUMN quarantined_records.page_id IS 'The page it came in';
COMMENT ON COLUMN quarantined_records.page_position IS 'Zero-based position in the page';
COMMENT ON COLUMN quarantined_records.external_id IS 'The vendor''s id, when the record had a usable one';
COMMENT ON COLUMN quarantined_records.field IS 'The field that made it unusable';
COMMENT ON COLUMN quarantined_records.reason IS 'What is wrong with the field and what would be accepted';
COMMENT ON COLUMN quarantined_records.record IS 'The record as JSON text, without hiring-manager data';
COMMENT ON COLUMN quarantined_records.normaliser_version IS 'Version of the normaliser that refused it';
COMMENT ON COLUMN quarantined_records.quarantined_at IS 'When it was put here (UTC)';

CREATE TABLE job_clusters (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster_key text        NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE job_clusters IS 'One row per group of postings that advertise the same job (company, title and near-identical text). Postings are grouped, never merged.';
COMMENT ON COLUMN job_clusters.id IS 'Identity';
COMMENT ON COLUMN job_clusters.cluster_key IS 'Stable key of the group: external_id of its first posting';
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
    CHECK ((closed_at IS NULL) = (closed_reason IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX jobs_ai_key_skills ON jobs USING gin (ai_key_skills);
CREATE INDEX jobs_ai_keywords ON jobs USING gin (ai_keywords);
CREATE INDEX jobs_ai_taxonomies_a ON jobs USING gin (ai_taxonomies_a);
CREATE INDEX jobs_search_text ON jobs USING gin (search_text) WITH (gin_pending_list_limit = 32768);
CREATE INDEX jobs_run_id ON jobs (run_id);
CREATE INDEX jobs_ad_key ON jobs (ad_key);
CREATE INDEX jobs_cluster_id ON jobs (cluster_id) WHERE cluster_id IS NOT NULL;
CREATE INDEX jobs_collection_hour ON jobs (collection_hour);
CREATE INDEX jobs_open ON jobs (date_created DESC) WHERE closed_at IS NULL;
COMMENT ON TABLE jobs IS 'One row per posting (unique by the vendor''s id), newest version, global: no column of it belongs to a user.';
COMMENT ON COLUMN jobs.id IS 'Identity, internal';
COMMENT ON COLUMN jobs.external_id IS 'The vendor''s id as text (G1 sends strings, G2 integers)';
COMMENT ON COLUMN jobs.title IS 'Job title, white space collapsed and repetition removed';
COMMENT ON COLUMN jobs.company IS 'Name of the organisation, trimmed (API: organization)';
COMMENT ON COLUMN jobs.location IS 'Places of the posting in one line, joined with "; " (from locations_derived)';
COMMENT ON COLUMN jobs.description IS 'Text of the ad, control characters removed (API: description_text)';
COMMENT ON COLUMN jobs.url IS 'Address of the ad, query kept';
COMMENT ON COLUMN jobs.source IS 'Applicant tracking system or board (slug)';
COMMENT ON COLUMN jobs.source_type IS 'ats, career-site or jobboard';
COMMENT ON COLUMN jobs.source_domain IS 'Domain of the source';
COMMENT ON COLUMN jobs.date_posted IS 'When the ad says it was posted (UTC); may be bumped by the employer';
COMMENT ON COLUMN jobs.date_created IS 'When the vendor indexed the ad (UTC): the time axis of the catalogue';
COMMENT ON COLUMN jobs.date_validthrough IS 'Until when the ad is valid (UTC), as stated by it';
COMMENT ON COLUMN jobs.date_modified IS 'When the vendor saw a change (UTC), 6m and modified feeds only';
COMMENT ON COLUMN jobs.modified_fields IS 'What changed at the last change: the vendor''s list, else the columns that differed';
COMMENT ON COLUMN jobs.organization_url IS 'Web page of the organisation';
COMMENT ON COLUMN jobs.organization_logo IS 'Logo of the organisation; may be a signed address that expires';
COMMENT ON COLUMN jobs.domain_derived IS 'Employer''s domain as derived by the vendor (about 98 % accurate)';
COMMENT ON COLUMN jobs.employment_type IS 'Employment types in the spelling of the source';
COMMENT ON COLUMN jobs.locations_raw IS 'Places as the source gave them (list of schema.org Place)';
COMMENT ON COLUMN jobs.locations_alt_raw IS 'Further places as text, some sources only';
COMMENT ON COLUMN jobs.location_type IS 'TELECOMMUTE, or NULL';
COMMENT ON COLUMN jobs.location_requirements_raw IS 'Countries an applicant for remote work must live in, as the source gave them';
COMMENT ON COLUMN jobs.cities_derived IS 'Cities, English names, in source order; not aligned with locations_derived';
COMMENT ON COLUMN jobs.counties_derived IS 'Counties, English names';
COMMENT ON COLUMN jobs.regions_derived IS 'Regions or states, English names';
COMMENT ON COLUMN jobs.countries_derived IS 'Countries, English names';
COMMENT ON COLUMN jobs.locations_derived IS 'Places as "City, Region, Country", sorted by the vendor; not aligned with the other arrays';
COMMENT ON COLUMN jobs.timezones_derived IS 'IANA time zones of the places';
COMMENT ON COLUMN jobs.lats_derived IS 'Latitudes of the places, degrees';
COMMENT ON COLUMN jobs.lngs_derived IS 'Longitudes of the places, degrees';
COMMENT ON COLUMN jobs.remote_derived IS 'Vendor''s broad remote flag (G1 only)';
COMMENT ON COLUMN jobs.salary_raw IS 'Salary as the source gave it (schema.org MonetaryAmount)';
COMMENT ON COLUMN jobs.salary_currency IS 'Currency of the stated salary (ISO 4217), from salary_raw';
COMMENT ON COLUMN jobs.salary_min IS 'Lower bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_max IS 'Upper bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_unit IS 'Unit of time of the stated salary';
COMMENT ON COLUMN jobs.ai_salary_currency IS 'Currency of the salary found in the text by the vendor''s model';
COMMENT ON COLUMN jobs.ai_salary_value IS 'Single salary value found in the text';
COMMENT ON COLUMN jobs.ai_salary_minvalue IS 'Lower salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_maxvalue IS 'Upper salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_unittext IS 'Unit of time of the salary found in the text';
COMMENT ON COLUMN jobs.ai_benefits IS 'Benefits named in the text';
COMMENT ON COLUMN jobs.ai_experience_level IS 'Years of experience asked for: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN jobs.ai_work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN jobs.ai_work_arrangement_office_days IS 'Office days a week of a hybrid arrangement';
COMMENT ON COLUMN jobs.ai_remote_location IS 'Where remote work may be done from, as stated';
COMMENT ON COLUMN jobs.ai_remote_location_derived IS 'Where remote work may be done from, as derived';
COMMENT ON COLUMN jobs.ai_key_skills IS 'Skills the posting asks for';
COMMENT ON COLUMN jobs.ai_keywords IS 'Keywords of the posting';
COMMENT ON COLUMN jobs.ai_taxonomies_a IS 'Industries and fields, most relevant first';
COMMENT ON COLUMN jobs.ai_core_responsibilities IS 'Responsibilities in two sentences';
COMMENT ON COLUMN jobs.ai_requirements_summary IS 'Requirements in two sentences';
COMMENT ON COLUMN jobs.ai_education_requirements IS 'Education levels asked for (API G2: ai_education)';
COMMENT ON COLUMN jobs.ai_working_hours IS 'Working hours a week (the vendor''s default is 40)';
COMMENT ON COLUMN jobs.ai_employment_type IS 'FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, VOLUNTEER, PER_DIEM or OTHER';
COMMENT ON COLUMN jobs.ai_job_language IS 'Language of the ad as an English word';
COMMENT ON COLUMN jobs.ai_visa_sponsorship IS 'Whether visa sponsorship is offered';
COMMENT ON COLUMN jobs.linkedin_org_employees IS 'Employees of the organisation listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_url IS 'Website of the organisation as listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_size IS 'Size class of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_slogan IS 'Slogan of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_industry IS 'LinkedIn industry of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_followers IS 'LinkedIn followers of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_headquarters IS 'Headquarters of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_type IS 'Legal kind of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_foundeddate IS 'Year of foundation, as text';
COMMENT ON COLUMN jobs.linkedin_org_specialties IS 'Specialties of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_locations IS 'Places of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_description IS 'Description of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_recruitment_agency_derived IS 'Whether the organisation is a recruitment agency, as derived';
COMMENT ON COLUMN jobs.linkedin_org_slug IS 'LinkedIn slug of the organisation';
COMMENT ON COLUMN jobs.extra IS 'Fields of the record that this schema does not know, as they came';
COMMENT ON COLUMN jobs.search_text IS 'Full-text vector of title, company and description, in the language of the ad';
COMMENT ON COLUMN jobs.record_hash IS 'SHA-256 of the normalised record: differs when anything changed';
COMMENT ON COLUMN jobs.text_hash IS 'SHA-256 of the text without cosmetic noise: differs when it must be embedded and analysed again';
COMMENT ON COLUMN jobs.ad_key IS 'SHA-256 of company and title without legal form, gender mark and punctuation: postings with the same key may be one ad';
COMMENT ON COLUMN jobs.cluster_id IS 'Group of postings for the same job; NULL when it stands alone';
COMMENT ON COLUMN jobs.closed_at IS 'When the posting was found closed (UTC); NULL while open';
COMMENT ON COLUMN jobs.closed_reason IS 'Why it is closed: expired (vendor''s feed), valid_through or age';
COMMENT ON COLUMN jobs.page_id IS 'Page that brought this version';
COMMENT ON COLUMN jobs.page_position IS 'Zero-based position in that page';
COMMENT ON COLUMN jobs.page_fetched_at IS 'When that page was fetched (UTC)';
COMMENT ON COLUMN jobs.collection_hour IS 'Hour partition of the posting: date_created cut to the hour (UTC)';
COMMENT ON COLUMN jobs.inserted_at IS 'When the row was first written (UTC)';
COMMENT ON COLUMN jobs.updated_at IS 'When the row was last changed (UTC)';
COMMENT ON COLUMN jobs.run_id IS 'Dagster run that wrote this version';

CREATE TABLE job_sightings (
    job_id        bigint      PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    last_page_id  bigint      NOT NULL,
    sightings     integer     NOT NULL CHECK (sightings > 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE job_sightings IS 'One narrow row per posting with what changes at every sighting, so that the wide row stays untouched.';
COMMENT ON COLUMN job_sightings.job_id IS 'The posting';
COMMENT ON COLUMN job_sightings.first_seen_at IS 'When a page first showed it (UTC)';
COMMENT ON COLUMN job_sightings.last_seen_at IS 'When a page last showed it (UTC)';
COMMENT ON COLUMN job_sightings.last_page_id IS 'The page of the last sighting; a page replayed is not counted again';
COMMENT ON COLUMN job_sightings.sightings IS 'Number of pages that showed it';

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
COMMENT ON TABLE job_embeddings IS 'One vector per posting and embedding model.';
COMMENT ON COLUMN job_embeddings.job_id IS 'The posting';
COMMENT ON COLUMN job_embeddings.model IS 'Model, revision, text template and backend that made the vector; vectors of two models never meet';
COMMENT ON COLUMN job_embeddings.text_hash IS 'jobs.text_hash of the text that was embedded';
COMMENT ON COLUMN job_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN job_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN job_embeddings.run_id IS 'Dagster run that computed it';
