"""Lode: mine formulas that predict stock returns, and prove or refuse each of them."""
