"""The Python interface: compute a formula, evaluate it, mine a panel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lode.engine import Evaluator
from lode.engine import declare as operator
from lode.panel import Panel
from lode.workflow.by_hand import read_formula

__all__ = ["Run", "compute", "evaluate", "mine", "operator"]

if TYPE_CHECKING:
    import polars as pl

    from lode.evaluation import Sheet
    from lode.settings import Settings


@dataclass(frozen=True)
class Run:
    """The outcome of a run. `proven` and `refused` are rows as `lode mine --json` prints them."""

    run: str
    snapshot: str
    trials: int
    proven: list[dict[str, Any]] = field(repr=False)
    refused: list[dict[str, Any]] = field(repr=False)
    record: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        """Return the run in one line."""
        return f"run {self.run}: {self.trials:,} trials, {len(self.proven)} proven, {len(self.refused)} refused"


def compute(expression: str, panel: Panel) -> pl.DataFrame:
    """Values of a formula on a panel: a frame of `session` and one Float32 column per name, null where missing.

    A value of session t uses only what was known at the close of t. qlib's and AlphaGen's syntax is read as well; that,
    and units that do not fit, are warned of. Raises ExpressionError that points at the place.
    """
    import polars as pl  # noqa: PLC0415  heavy

    tree, remarks = read_formula(expression, panel)
    for remark in remarks:
        warnings.warn(remark, stacklevel=2)
    values = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(tree)
    columns = {"session": panel.sessions} | {name: values[:, at] for at, name in enumerate(panel.names)}
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float32).fill_nan(None))


def evaluate(
    expression: str,
    panel: Panel,
    settings: Settings | None = None,
    **options: Any,  # noqa: ANN401  those of SheetOptions
) -> Sheet:
    """Evidence sheet of a formula on the train and validation sessions of a panel; never the vault.

    options: `horizon`, `delay`, `neutralize`, `quantiles`, `weighting`, …, as lode.evaluation.SheetOptions has them.

    The try enters the ledger under LODE_HOME as a trial of the run `manual-<snapshot>`; this needs the extra
    `warehouse`. Raises ExpressionError for a formula that cannot be read, UsageError for too few sessions.
    """
    from lode.evaluation import SheetOptions  # noqa: PLC0415  heavy
    from lode.workflow.frames import stored  # noqa: PLC0415  needs the extra `warehouse`
    from lode.workflow.manual import evaluate_by_hand  # noqa: PLC0415

    asked = SheetOptions.from_dict(options)
    with stored(panel, settings) as (context, snapshot):
        return evaluate_by_hand(expression, context, snapshot=snapshot, options=asked)


def mine(panel: Panel, settings: Settings | None = None, **options: Any) -> Run:  # noqa: ANN401  the mining options
    """Mine a panel and prove or refuse what is found; the options are those of `lode mine`.

    The same workflow as on the command line: the panel is stored as a snapshot, ledger and vault are those under
    LODE_HOME. Bar columns can be proven, other columns reach *candidate* at most.
    """
    from lode.workflow.frames import stored  # noqa: PLC0415  needs the extra `warehouse`
    from lode.workflow.local import LocalExecutor  # noqa: PLC0415
    from lode.workflow.options import MiningOptions  # noqa: PLC0415
    from lode.workflow.run import execute  # noqa: PLC0415

    checked = MiningOptions.from_dict(options)
    with stored(panel, settings) as (context, snapshot), LocalExecutor(context.settings) as workers:
        result = execute({"snapshot": snapshot, "options": checked.to_dict()}, context, workers)
    return Run(result["run"], result["snapshot"], result["trials"], result["proven"], result["refused"], result)
