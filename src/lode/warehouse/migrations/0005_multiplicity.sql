-- What a run's own trials say of its search: how many independent ones they are, and whether its choice holds up.

ALTER TABLE runs ADD COLUMN IF NOT EXISTS effective_trials Nullable(Float64);

ALTER TABLE runs ADD COLUMN IF NOT EXISTS pbo Nullable(Float64);
