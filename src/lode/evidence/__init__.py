"""Evidence: when a factor counts as found.

splits.py divides the sessions, finalists.py chooses what is tested, corrections.py accounts for testing many (online.py
in a stream), leaks/ looks for knowledge of the future, vault.py rations the last look, verdict.py decides. sharpe.py,
haircut.py, overfitting.py, superiority.py and trials.py say what a ratio, a choice and a number of trials are worth
(multiplicity.py those of one run), likeness.py how alike two factors are; cross_validation.py makes folds,
null_market.py makes markets without a factor and calibration.py says what came of the procedure on them; standing.py
sets a sheet beside the other tries. Nothing here reads or writes: panels, values and openings are handed in, and what
is decided is handed back.
"""
