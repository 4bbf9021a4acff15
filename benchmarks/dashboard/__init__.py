"""How fast the dashboard's pages are, over a home as large as years of mining leave behind.

python -m benchmarks.dashboard [--full] [--home FOLDER]

home      a home with one real run and many that are made after it, through the stores' own writers
ledger    their trials and lineage          judged    their factors, evidence, daily series and pools
sources   what collections and checks leave behind
client    a visitor's websocket, as a browser speaks it        server    `lode app` as a process, and its memory
measure   cold, warm, and many visitors at once                text      the page dashboard.md
"""
