-- What was collected: instruments, prices, filings, news, and what was refused.

CREATE TABLE IF NOT EXISTS instruments
(
    instrument String,
    symbol String,
    first_session Date32,
    last_session Nullable(Date32),
    name String,
    exchange LowCardinality(String),
    currency LowCardinality(String),
    cik Nullable(UInt64),
    sector LowCardinality(String),
    sic Nullable(UInt32),
    listed Nullable(Date32),
    delisted Nullable(Date32),
    source LowCardinality(String),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (instrument, symbol, first_session);

CREATE TABLE IF NOT EXISTS universe_members
(
    universe String,
    instrument String,
    first_session Date32,
    last_session Nullable(Date32),
    source LowCardinality(String),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (universe, instrument, first_session);

CREATE TABLE IF NOT EXISTS bars
(
    source String,
    instrument String,
    session Date32,
    knowledge_time DateTime64(6, 'UTC'),
    open Nullable(Float64),
    high Nullable(Float64),
    low Nullable(Float64),
    close Float64,
    volume Nullable(Float64),
    adj_close Nullable(Float64),
    vwap Nullable(Float64),
    adjusted Bool,
    backfilled Bool,
    currency LowCardinality(String),
    collected_at DateTime64(6, 'UTC'),
    row_hash UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (source, instrument, session, knowledge_time, row_hash);

CREATE TABLE IF NOT EXISTS corporate_actions
(
    source String,
    instrument String,
    ex_date Date32,
    kind LowCardinality(String),
    value Float64,
    knowledge_time DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (source, instrument, ex_date, kind, knowledge_time);

CREATE TABLE IF NOT EXISTS quarantine
(
    source String,
    batch String,
    symbol String,
    session Nullable(Date32),
    row_number UInt64,
    reason String,
    row_json String,
    collected_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (source, batch, row_number, reason);

CREATE TABLE IF NOT EXISTS imports
(
    source String,
    batch String,
    path String,
    rows UInt64,
    kept UInt64,
    quarantined UInt64,
    missing_fields String,
    imported_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (source, batch);

CREATE TABLE IF NOT EXISTS watermarks
(
    source String,
    symbol String,
    collected_from Date32,
    collected_to Date32,
    lake_key String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (source, symbol);

CREATE TABLE IF NOT EXISTS facts
(
    cik UInt64,
    concept String,
    unit LowCardinality(String),
    period_start Nullable(Date32),
    period_end Date32,
    value Float64,
    form LowCardinality(String),
    accession String,
    filed Date32,
    accepted Nullable(DateTime64(6, 'UTC')),
    knowledge_time DateTime64(6, 'UTC'),
    row_hash UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (cik, concept, unit, period_end, knowledge_time, row_hash);

CREATE TABLE IF NOT EXISTS filings
(
    cik UInt64,
    accession String,
    form LowCardinality(String),
    filed Date32,
    accepted Nullable(DateTime64(6, 'UTC')),
    knowledge_time DateTime64(6, 'UTC'),
    period Nullable(Date32),
    title String,
    lake_key String,
    sentiment Nullable(Float64),
    sentiment_model LowCardinality(String),
    collected_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(collected_at)
ORDER BY (cik, accession, sentiment_model);

CREATE TABLE IF NOT EXISTS articles
(
    article String,
    instrument String,
    source LowCardinality(String),
    url String,
    title String,
    published Nullable(DateTime64(6, 'UTC')),
    knowledge_time DateTime64(6, 'UTC'),
    lake_key String,
    sentiment Nullable(Float64),
    sentiment_model LowCardinality(String),
    collected_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(collected_at)
ORDER BY (instrument, knowledge_time, article, sentiment_model);
