-- What was mined: snapshots, runs, the trial ledger, factors and their evidence, the vault.

CREATE TABLE IF NOT EXISTS snapshots
(
    snapshot String,
    source String,
    universe String,
    fields Array(String),
    as_of DateTime64(6, 'UTC'),
    first_session Date32,
    last_session Date32,
    sessions UInt32,
    names UInt32,
    coverage Float64,
    meta String,
    created_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY snapshot;

CREATE TABLE IF NOT EXISTS runs
(
    run String,
    snapshot String,
    source String,
    universe String,
    settings String,
    code_version String,
    seed UInt64,
    state LowCardinality(String),
    started DateTime64(6, 'UTC'),
    ended Nullable(DateTime64(6, 'UTC')),
    trials UInt64,
    trials_on_vault UInt64,
    finalists UInt32,
    proven UInt32,
    refused UInt32,
    message String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY run;

CREATE TABLE IF NOT EXISTS run_steps
(
    run String,
    step String,
    shard Int32,
    state LowCardinality(String),
    attempts UInt32,
    started DateTime64(6, 'UTC'),
    ended Nullable(DateTime64(6, 'UTC')),
    rows UInt64,
    cpu_seconds Float64,
    peak_memory UInt64,
    cost Float64,
    error String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (run, step, shard);

CREATE TABLE IF NOT EXISTS trials
(
    run String,
    factor String,
    expression String,
    shard UInt32,
    generation UInt32,
    size UInt32,
    rank_ic Nullable(Float64),
    t_nw Nullable(Float64),
    coverage Nullable(Float64),
    partial Bool,
    priority UInt32,
    horizon UInt16,
    delay UInt8
)
ENGINE = ReplacingMergeTree(priority)
ORDER BY (run, factor);

CREATE TABLE IF NOT EXISTS factors
(
    factor String,
    run String,
    expression String,
    origin String,
    state LowCardinality(String),
    reason String,
    direction Int8,
    lookback UInt32,
    horizon UInt16,
    delay UInt8,
    snapshot String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (factor, run);

CREATE TABLE IF NOT EXISTS evidence
(
    factor String,
    run String,
    split LowCardinality(String),
    metric String,
    value Float64,
    low Nullable(Float64),
    high Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (run, factor, split, metric);

CREATE TABLE IF NOT EXISTS factor_series
(
    factor String,
    run String,
    horizon UInt16,
    session Date32,
    split LowCardinality(String),
    ic Nullable(Float64),
    rank_ic Nullable(Float64),
    quantile_returns Array(Float64),
    turnover Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (run, factor, horizon, session);

CREATE TABLE IF NOT EXISTS factor_values
(
    factor String,
    session Date32,
    instrument String,
    value Nullable(Float64),
    snapshot String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (factor, session, instrument);

CREATE TABLE IF NOT EXISTS pool_weights
(
    pool String,
    fitted_on Date32,
    factor String,
    weight Float64,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (pool, fitted_on, factor);

CREATE TABLE IF NOT EXISTS lineage
(
    run String,
    factor String,
    parent String,
    operation LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (run, factor, parent, operation);

CREATE TABLE IF NOT EXISTS vault_openings
(
    opening UInt32,
    run String,
    universe String,
    first_session Date32,
    last_session Date32,
    instruments Array(String),
    k UInt32,
    alpha Float64,
    finalists Array(String),
    opened_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY opening;
