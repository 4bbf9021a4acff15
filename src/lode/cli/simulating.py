"""`lode simulate`: all that it needs comes with the package itself."""

from __future__ import annotations

from pathlib import Path

from lode.cli.output import console
from lode.errors import UsageError
from lode.simulate import simulate, write_market


def simulate_command(
    out: Path,
    *,
    names: int = 500,
    sessions: int = 2520,
    plant: list[str] | None = None,
    seed: int = 0,
) -> None:
    """Write a simulated market to a Parquet file of bars.

    Example: lode simulate market.parquet --plant "rank(volume)@0.05" --seed 7

    Parameters
    ----------
    out
        The file to write.
    names
        Number of names, 2 to 9999.
    sessions
        Number of sessions, from 2; they end with 2019.
    plant
        EXPRESSION@IC: a formula that predicts the next return with this mean daily rank IC; may be given again.
    seed
        The same seed gives the same bytes.
    """
    market_bars = simulate(names, sessions, plant=[_planted(text) for text in plant or []], seed=seed)
    write_market(market_bars, out)
    console().print(f"{market_bars.height:,} simulated bars written to {out}", markup=False)


def _planted(text: str) -> tuple[str, float]:
    expression, mark, strength = text.rpartition("@")
    try:
        return expression, float(strength) if mark else float("")
    except ValueError:
        msg = f'--plant {text!r}: EXPRESSION@IC is allowed, for example "rank(volume)@0.05"'
        raise UsageError(msg) from None
