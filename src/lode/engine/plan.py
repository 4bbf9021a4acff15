"""The order in which a batch of expressions is computed: each distinct subexpression once, few panels alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lode.language import Call, Constant, Field, Numbers, own_lookback, postorder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lode.language import Expr

Leaf: TypeAlias = Field | Constant | Numbers


@dataclass(slots=True, eq=False)
class Node:
    """A distinct call of the batch.

    place: its own in the plan. args: nodes and leaves. order: of the arguments, hungriest first; panels: how many are
    alive at most while it is computed. uses: how often its value is needed.
    reach: sessions before the first wanted one that its arguments are needed for; wanted: that its own values are.
    """

    call: Call
    place: int
    args: tuple[Node | Leaf, ...]
    order: tuple[int, ...]
    panels: int
    uses: int = 0
    reach: int = 0
    wanted: int = 0


class Plan:
    """The distinct calls of a batch, arguments before their users, and what each expression of the batch is.

    The argument that needs the most panels is computed first (Sethi and Ullman 1970), so that a tree of n calls never
    has more than about log2(n) panels alive, whatever its depth.
    """

    def __init__(self, expressions: Iterable[Expr], together: Collection[str] = (), *, bounded: bool = False) -> None:
        """together: operators whose calls over the same series and window are cheaper computed at once.

        bounded: find out how far back each call has to be computed, for some sessions at the end of a panel.
        """
        self.nodes: list[Node] = []
        self.fields: set[str] = set()
        self._by_call: dict[Call, Node] = {}
        self._together = together
        self._kin: dict[tuple[Expr, ...], list[Node]] = {}
        self.roots: list[Node | Leaf] = [self._root(expression) for expression in expressions]
        if bounded:
            self._bound()

    @property
    def lookback(self) -> int:
        """Sessions before t that the batch's values at t need; 0 where the plan is not bounded."""
        return max((node.reach for node in self.nodes), default=0)

    def _root(self, expression: Expr) -> Node | Leaf:
        if not isinstance(expression, Call):
            self.fields |= expression.fields
            return expression
        if expression not in self._by_call:
            for part in postorder(expression):
                if isinstance(part, Call) and part not in self._by_call:
                    self._add(part)
        root = self._by_call[expression]
        root.uses += 1
        return root

    def _bound(self) -> None:
        """Let each call know how far back it is computed: as far as its users are, and its own lookback."""
        for node in reversed(self.nodes):
            node.reach = node.wanted + own_lookback(node.call)
            for arg in node.args:
                if isinstance(arg, Node):
                    arg.wanted = max(arg.wanted, node.reach)

    def _add(self, call: Call) -> None:
        args = tuple([self._by_call[arg] if isinstance(arg, Call) else arg for arg in call.args])
        needs = [arg.panels if isinstance(arg, Node) else 0 for arg in args]
        order = tuple(sorted(range(len(needs)), key=lambda i: -needs[i]))
        panels = max([1, *(needs[i] + waiting for waiting, i in enumerate(order) if needs[i])])
        node = Node(call, len(self.nodes), args, order, panels)
        self.nodes.append(node)
        self._by_call[call] = node
        for arg in args:
            if isinstance(arg, Node):
                arg.uses += 1
            elif isinstance(arg, Field):
                self.fields.add(arg.name)
        if call.op in self._together:
            self._kin.setdefault(call.args[:2], []).append(node)

    def kin(self, node: Node) -> list[Node]:
        """The other calls that are cheaper computed together with this one."""
        return [other for other in self._kin.get(node.call.args[:2], ()) if other is not node]
