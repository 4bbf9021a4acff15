-- What a run's pool is worth, by each method, and how it grew; its weights are in pool_weights.

CREATE TABLE IF NOT EXISTS pool_figures
(
    pool String,
    method LowCardinality(String),
    split LowCardinality(String),
    metric LowCardinality(String),
    value Float64,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (pool, method, split, metric);

CREATE TABLE IF NOT EXISTS pool_growth
(
    pool String,
    place UInt32,
    factor String,
    rank_ic Nullable(Float64),
    rank_ic_without Nullable(Float64),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (pool, place);
