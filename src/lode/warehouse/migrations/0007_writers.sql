-- Sources that describe an instrument at once each write a row of their own.

ALTER TABLE instruments
    ADD COLUMN IF NOT EXISTS writer LowCardinality(String),
    MODIFY ORDER BY (instrument, symbol, first_session, writer);
