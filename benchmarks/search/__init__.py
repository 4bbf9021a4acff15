"""The search beside its peers, at equal numbers of candidates and equal processor time: `run.py --only search`."""
