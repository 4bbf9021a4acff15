"""Collection: sources outside and own files, raw bytes into the lake first, checked rows into the warehouse.

own_files.py   `lode import bars`            bars_file.py  columns, types and values of a file
source.py      what a source is              ingest.py     what is the same for all of them; the lake again
market.py      `lode collect market`         daily.py      what to ask, what rows answers become; daily_rows.py
yahoo.py       the v8 chart endpoint         chart.py      its parser; yfinance_client.py the second place
identity.py    whose prices an answer has    completeness.py  sessions that are missing, names that are delisted
universe.py    which symbols                 http.py       raw records, rates, retries
quality.py     the rules a bar must keep     versions.py   what is new, and from when it is known
sample/        the bundled sample            claims.py     one time for an import, whatever happens to it
"""
