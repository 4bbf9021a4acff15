"""Peers, each a script of its own for the environment `.venv-bench`: a panel's parquet in, values and seconds out.

Nothing of lode can be imported there; `benchmarks/values.py` writes the panel, runs them and compares.
"""
