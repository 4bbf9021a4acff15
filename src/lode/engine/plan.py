"""The order in which a batch of expressions is computed: each distinct subexpression once, few panels alive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lode.language import Call, Field, own_lookback, postorder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lode.language import Expr


@dataclass(slots=True)
class Node:
    """A distinct call of the batch. `uses`: how often it is still needed; `order`: its arguments, hungriest first.

    reach: sessions before the first wanted one that its arguments are needed for; wanted: that its own values are.
    """

    uses: int
    panels: int
    order: tuple[int, ...]
    reach: int = 0
    wanted: int = 0


class Plan:
    """The distinct calls of a batch.

    The argument that needs the most panels is computed first (Sethi and Ullman 1970), so that a tree of n calls never
    has more than about log2(n) panels alive, whatever its depth.
    """

    def __init__(self, expressions: Iterable[Expr], together: Collection[str] = (), *, bounded: bool = False) -> None:
        """together: operators whose calls over the same series and window are cheaper computed at once.

        bounded: find out how far back each call has to be computed, for some sessions at the end of a panel.
        """
        self.nodes: dict[Call, Node] = {}
        self.fields: set[str] = set()
        self._together = together
        self._kin: dict[tuple[Expr, ...], list[Call]] = {}
        for expression in expressions:
            self._take(expression)
        if bounded:
            self._bound()

    @property
    def lookback(self) -> int:
        """Sessions before t that the batch's values at t need; 0 where the plan is not bounded."""
        return max((node.reach for node in self.nodes.values()), default=0)

    def renewed(self) -> Plan:
        """The same plan for another run through the batch: a run uses its own up."""
        plan = Plan(())
        plan.nodes = {call: replace(node) for call, node in self.nodes.items()}
        plan.fields, plan._together, plan._kin = self.fields, self._together, self._kin
        return plan

    def _take(self, expression: Expr) -> None:
        if not isinstance(expression, Call):
            self.fields |= expression.fields
            return
        if expression not in self.nodes:
            for node in postorder(expression):
                if isinstance(node, Call) and node not in self.nodes:
                    self._add(node)
        self.nodes[expression].uses += 1

    def _bound(self) -> None:
        """Let each call know how far back it is computed: as far as its users are, and its own lookback."""
        for call in reversed(self.nodes):
            node = self.nodes[call]
            node.reach = node.wanted + own_lookback(call)
            for arg in call.args:
                if isinstance(arg, Call):
                    needed = self.nodes[arg]
                    needed.wanted = max(needed.wanted, node.reach)

    def _add(self, call: Call) -> None:
        needs = [self.nodes[arg].panels if isinstance(arg, Call) else 0 for arg in call.args]
        order = tuple(sorted(range(len(needs)), key=lambda i: -needs[i]))
        panels = max([1, *(needs[i] + waiting for waiting, i in enumerate(order) if needs[i])])
        self.nodes[call] = Node(uses=0, panels=panels, order=order)
        for arg in call.args:
            if isinstance(arg, Call):
                self.nodes[arg].uses += 1
            elif isinstance(arg, Field):
                self.fields.add(arg.name)
        if call.op in self._together:
            self._kin.setdefault(call.args[:2], []).append(call)

    def kin(self, call: Call) -> list[Call]:
        """The other calls that are still needed and cheaper computed together with this one."""
        if call.op not in self._together:
            return []
        return [other for other in self._kin[call.args[:2]] if other != call and self.nodes[other].uses > 0]
