"""Collection: sources outside and own files, raw bytes into the lake first, checked rows into the warehouse.

own_files.py   `lode import bars`            bars_file.py  columns, types and values of a file
market.py      `lode collect market`         yahoo.py      the v8 chart endpoint; chart.py its parser
universe.py    which symbols                 http.py       raw records, rates, retries
quality.py     the rules a bar must keep     versions.py   what is new, and from when it is known
sample/        the bundled sample            claims.py     one time for an import, whatever happens to it
"""
