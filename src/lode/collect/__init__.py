"""Collection: sources outside and own files, raw bytes into the lake first, checked rows into the warehouse.

own_files.py   `lode import bars`            bars_file.py  columns, types and values of a file; repairs.py
own_facts.py   `lode import facts`           facts_file.py  likewise; own_tables.py what files of all kinds share
own_members.py `lode import members`         own_imports.py  what imports share
                                             claims.py     one time for an import, whatever happens to it
source.py      what a source is              ingest.py     what is the same for all: answers.py, storing.py, report.py
                                             reparse.py    the lake again
plugins.py     sources of other packages     own_bars.py   the rules and versions of a file, for their bars
market.py      `lode collect market`         daily.py      what to ask, what rows answers become; daily_rows.py
yahoo.py       the v8 chart endpoint         chart.py      its parser; yfinance_client.py the second place
sec/           `lode collect filings`        news/         `lode collect news`; tone/ of a text
fama_french.py the published factors         sample/       the bundled sample
identity.py    whose prices an answer has    completeness.py  sessions that are missing, names that are delisted
exchanges.py   whose sessions a name keeps   sectors.py    sectors from SIC codes
universe.py    which symbols                 membership.py  who belonged to a universe when
quality.py     the rules a bar must keep     versions.py   what is new, and from when it is known
checks/        declared rules, and findings  http.py       raw records, rates, retries; asking.py, converse.py ask
"""
