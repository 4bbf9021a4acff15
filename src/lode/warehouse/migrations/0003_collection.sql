-- What collection leaves behind itself: outcomes, filings' texts, articles, identities, findings, outside factors.

CREATE TABLE IF NOT EXISTS collections
(
    source LowCardinality(String),
    subject String,
    collected_at DateTime64(6, 'UTC'),
    outcome LowCardinality(String),
    first_session Nullable(Date32),
    last_session Nullable(Date32),
    rows UInt64,
    requests UInt32,
    lake_key String,
    message String
)
ENGINE = ReplacingMergeTree
ORDER BY (source, subject, collected_at);

CREATE TABLE IF NOT EXISTS findings
(
    source LowCardinality(String),
    instrument String,
    session Nullable(Date32),
    rule LowCardinality(String),
    severity LowCardinality(String),
    detail String,
    found_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(found_at)
ORDER BY (source, rule, instrument, session)
SETTINGS allow_nullable_key = 1;

CREATE TABLE IF NOT EXISTS filing_texts
(
    cik UInt64,
    accession String,
    form LowCardinality(String),
    model LowCardinality(String),
    knowledge_time DateTime64(6, 'UTC'),
    words UInt64,
    tone Nullable(Float64),
    readability Nullable(Float64),
    similarity Nullable(Float64),
    previous String,
    lake_key String,
    collected_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(collected_at)
ORDER BY (cik, accession, model);

CREATE TABLE IF NOT EXISTS market_factors
(
    source LowCardinality(String),
    factor LowCardinality(String),
    session Date32,
    value Float64,
    vintage String,
    knowledge_time DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (source, factor, session, knowledge_time);

ALTER TABLE bars ADD COLUMN IF NOT EXISTS repairs LowCardinality(String) DEFAULT '';

ALTER TABLE instruments ADD COLUMN IF NOT EXISTS kind LowCardinality(String) DEFAULT '';

ALTER TABLE instruments ADD COLUMN IF NOT EXISTS time_zone LowCardinality(String) DEFAULT '';

ALTER TABLE instruments ADD COLUMN IF NOT EXISTS evidence String DEFAULT '';

ALTER TABLE facts ADD COLUMN IF NOT EXISTS fiscal_year Nullable(UInt16);

ALTER TABLE facts ADD COLUMN IF NOT EXISTS fiscal_period LowCardinality(String) DEFAULT '';

ALTER TABLE facts ADD COLUMN IF NOT EXISTS source LowCardinality(String) DEFAULT 'sec';

ALTER TABLE filings ADD COLUMN IF NOT EXISTS url String DEFAULT '';

ALTER TABLE filings ADD COLUMN IF NOT EXISTS items String DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS snippet String DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS provider LowCardinality(String) DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS query String DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS rank UInt32 DEFAULT 0;

ALTER TABLE articles ADD COLUMN IF NOT EXISTS language LowCardinality(String) DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS duplicate_group String DEFAULT '';

ALTER TABLE articles ADD COLUMN IF NOT EXISTS backfilled Bool DEFAULT false;
