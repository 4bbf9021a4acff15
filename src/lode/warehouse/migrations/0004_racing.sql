-- Racing: how far the score of a trial that was not scored exactly (`partial`) may be off.

ALTER TABLE trials ADD COLUMN IF NOT EXISTS rank_ic_error Float64 DEFAULT 0;

ALTER TABLE trials ADD COLUMN IF NOT EXISTS t_error Float64 DEFAULT 0;
