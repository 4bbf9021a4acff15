"""The language model that `--searcher language_model` asks: a run's terms, kept answers, and the endpoints.

`lode.search.proposer` makes the prompts and reads the answers; here they are carried.
"""
