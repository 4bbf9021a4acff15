-- Of an instrument each statement of a source is a row of its own: sources that collect at once lose nothing.

ALTER TABLE instruments
    ADD COLUMN IF NOT EXISTS statement String,
    MODIFY ORDER BY (instrument, symbol, first_session, statement);
