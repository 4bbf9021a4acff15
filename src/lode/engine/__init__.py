"""Values of expressions over panels, and their scores: the C++ core and what drives it."""
