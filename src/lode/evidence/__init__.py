"""Evidence: when a factor counts as found.

splits.py divides the sessions, finalists.py chooses what is tested, corrections.py accounts for testing many,
leaks.py looks for knowledge of the future, vault.py rations the last look, verdict.py decides. Nothing here reads or
writes: panels, values and openings are handed in, and what is decided is handed back.
"""
