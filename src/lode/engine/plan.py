"""The order in which a batch of expressions is computed: each distinct subexpression once, few panels alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lode.language import Call, own_lookback, postorder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lode.language import Expr


@dataclass(slots=True)
class Node:
    """A distinct call of the batch. `uses`: how often it is still needed; `order`: its arguments, hungriest first.

    rows: how many of the last sessions are needed of its arguments; 0 where all are.
    """

    uses: int
    panels: int
    order: tuple[int, ...]
    rows: int = 0


class Plan:
    """The distinct calls of a batch.

    The argument that needs the most panels is computed first (Sethi and Ullman 1970), so that a tree of n calls never
    has more than about log2(n) panels alive, whatever its depth.
    """

    def __init__(
        self, expressions: Iterable[Expr], together: Collection[str] = (), *, last_rows: int | None = None
    ) -> None:
        """together: operators whose calls over the same series and window are cheaper computed at once.

        last_rows: how many of the last sessions are wanted of every expression; None: all.
        """
        self.nodes: dict[Call, Node] = {}
        self._together = together
        self._kin: dict[tuple[Expr, ...], list[Call]] = {}
        for expression in expressions:
            for node in postorder(expression):
                if isinstance(node, Call) and node not in self.nodes:
                    self._add(node)
            if isinstance(expression, Call):
                self.nodes[expression].uses += 1
        if last_rows is not None:
            self._bound(last_rows)

    def _bound(self, last_rows: int) -> None:
        """Let each call know how many sessions it has to compute: those that its users want, and its own lookback."""
        wanted: dict[Call, int] = {}
        for call in reversed(self.nodes):
            node = self.nodes[call]
            node.rows = wanted.get(call, last_rows) + own_lookback(call)
            for arg in call.args:
                if isinstance(arg, Call):
                    wanted[arg] = max(wanted.get(arg, last_rows), node.rows)

    def _add(self, call: Call) -> None:
        needs = [self.nodes[arg].panels if isinstance(arg, Call) else 0 for arg in call.args]
        order = tuple(sorted(range(len(needs)), key=lambda i: -needs[i]))
        panels = max([1, *(needs[i] + waiting for waiting, i in enumerate(order) if needs[i])])
        self.nodes[call] = Node(uses=0, panels=panels, order=order)
        for arg in call.args:
            if isinstance(arg, Call):
                self.nodes[arg].uses += 1
        if call.op in self._together:
            self._kin.setdefault(call.args[:2], []).append(call)

    def kin(self, call: Call) -> list[Call]:
        """The other calls that are still needed and cheaper computed together with this one."""
        if call.op not in self._together:
            return []
        return [other for other in self._kin[call.args[:2]] if other != call and self.nodes[other].uses > 0]
