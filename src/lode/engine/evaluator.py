"""Values of expressions: a batch runs as one graph, with pooled panels and a bounded store of common parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lode.engine.arrays import Floats, Labels, Mask, common_shape, without_infinities
from lode.engine.buffers import Buffer, Pool, Store
from lode.engine.groupings import labels_of
from lode.engine.kernels import KERNELS, Argument, Group, Kernel, Site, Together
from lode.engine.own import OWN_KERNELS
from lode.engine.plan import Leaf, Node, Plan
from lode.engine.simd import core
from lode.errors import ExpressionError
from lode.language import Constant, Numbers

if TYPE_CHECKING:
    from lode.language import Call, Expr

DEFAULT_CACHE_BYTES = 256 << 20
REMEMBERED = 1 << 16

# What a computed argument is: a panel that is held (a computed group's labels too), a number that stands in every cell,
# the name of a group, or a list of numbers.
Value: TypeAlias = Buffer | float | str | Numbers


class Evaluator:
    """Computes expressions over one panel.

    fields: (sessions, names) float32, row-major, NaN for missing; an infinity counts as missing.
    groups: (sessions, names) int32 labels from 0, -1 for missing.
    mask: (sessions, names) bool; where it is False, cross-sectional and group operators see NaN and the final value
        is NaN. Time series operators look through it.
    cache_bytes: bound on the panels kept for later use; the working set of one expression comes on top.
    first_row: absolute index of the first session, so that a block of a panel gives the same bits as the whole.
    last_rows: how many of the last sessions are wanted; each operator then computes those and what is looked back to
        from them, and values have that many sessions. None: all.
    kernels: how operators are computed; KERNELS, and those of a user's own operators, where None.

    Not for use by two threads at once; the kernels release the GIL, so give each thread its own evaluator over the
    same fields.
    """

    def __init__(
        self,
        fields: Mapping[str, Floats],
        groups: Mapping[str, Labels] = MappingProxyType({}),
        *,
        mask: Mask | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        first_row: int = 0,
        last_rows: int | None = None,
        kernels: Mapping[str, Kernel] | None = None,
    ) -> None:
        self.shape = common_shape(fields, groups, mask)
        self._last_rows = last_rows
        self._first = 0 if last_rows is None else max(0, self.shape[0] - last_rows)
        kernels = {**KERNELS, **OWN_KERNELS} if kernels is None else kernels
        self._fields, self._kernels = fields, kernels
        self._clean: dict[str, Buffer] = {}
        self._mask = None if mask is None or bool(mask.all()) else mask
        counted = {name: Group(labels, int(labels.max(initial=-1)) + 1) for name, labels in groups.items()}
        self._site = Site(first_row, counted)
        self._sites = {0: self._site}
        self._pool = Pool(self.shape)
        self._store = Store(cache_bytes)
        self._seen: set[int] = set()
        self._together = frozenset(name for name, kernel in kernels.items() if kernel.together)

    @property
    def panels_allocated(self) -> int:
        """How many panels were allocated so far: the most that were alive at once."""
        return self._pool.allocated

    def value(self, expr: Expr) -> Floats:
        """The expression's (sessions, names) values, in an array of the caller's own."""
        return next(self.values([expr])).copy()

    def values(self, exprs: Sequence[Expr], plan: Plan | None = None) -> Iterator[Floats]:
        """Each expression's (sessions, names) values, in order; read-only and valid until the next step.

        plan: of these expressions, bounded where only the last rows are wanted; made here where None.
        ExpressionError for a field, group or operator that is not there, before anything is computed.
        """
        plan = plan or Plan(exprs, self._together, bounded=self._last_rows is not None)
        if self._last_rows is not None:
            self._store.clear()  # what an earlier batch left may have fewer sessions than this one needs
        self._check_fields(plan)
        self._check_operators(plan)
        return self._run_through(plan)

    def written(self, plan: Plan, outputs: Sequence[Floats]) -> Iterator[Floats]:
        """Write each root's values to its output, of as many sessions as are wanted, and give it; plan as in `values`.

        What nothing else needs is computed where it is to stand, without a copy.
        """
        self._store.clear()
        self._check_fields(plan)
        self._check_operators(plan)
        left = [node.uses for node in plan.nodes]
        for root, out in zip(plan.roots, outputs, strict=True):
            if out.flags.c_contiguous and self._stands_alone(root):
                value = self._compute(root, plan, left, np.asarray(out))
                if isinstance(value, float):
                    out[:] = value
            else:
                result = self._final(root, self._compute(root, plan, left))
                out[:] = result.array[self._first :]
                result.release()
            yield out

    def _stands_alone(self, root: Node | Leaf) -> bool:
        """Whether a root's kernel gives its final values, of the wanted sessions alone, and nobody else needs them."""
        if not isinstance(root, Node) or root.uses > 1 or self._mask is not None:
            return False
        kernel = self._kernels[root.call.op]
        rows_alone = kernel.skips or kernel.kind in ("elementwise", "cross-section", "group")
        return rows_alone and not kernel.together and (kernel.skips or root.reach == root.wanted)

    def _run_through(self, plan: Plan) -> Iterator[Floats]:
        left = [node.uses for node in plan.nodes]
        for root in plan.roots:
            result = self._final(root, self._compute(root, plan, left))
            view = result.array[self._first :].view()
            view.flags.writeable = False
            try:
                yield view
            finally:
                result.release()
        self._remember(plan)

    def _check_fields(self, plan: Plan) -> None:
        missing = plan.fields - self._fields.keys() - self._site.groups.keys()
        if missing:
            present = ", ".join(sorted([*self._fields, *self._site.groups]))
            reason = f"no field {', '.join(sorted(missing))} in this panel; present are {present}"
            raise ExpressionError(reason)

    def _check_operators(self, plan: Plan) -> None:
        unknown = {node.call.op for node in plan.nodes} - self._kernels.keys()
        if unknown:
            reason = f"no kernel for {', '.join(sorted(unknown))}; there are {', '.join(sorted(self._kernels))}"
            raise ExpressionError(reason)

    def _compute(self, root: Node | Leaf, plan: Plan, left: list[int], into: Floats | None = None) -> Value:
        """Run the graph below `root`: a stack of what is to do, a stack of what is done.

        left: how often each node is still needed. into: where the root's own values of the wanted sessions go.
        """
        done: list[Value] = []
        tasks: list[Node | Leaf | tuple[Node]] = [root]
        while tasks:
            task = tasks.pop()
            if isinstance(task, Node):
                kept = self._kept(task, left)
                if kept is not None:
                    done.append(kept)
                    continue
                tasks.append((task,))
                tasks.extend([task.args[i] for i in reversed(task.order)])
            elif isinstance(task, tuple):
                done.append(self._apply(task[0], plan, left, done, into if task[0] is root else None))
            else:
                done.append(self._leaf(task))
        return done.pop()

    def _kept(self, node: Node, left: list[int]) -> Buffer | None:
        """What the store has of a node, for one of its users."""
        left[node.place] -= 1
        kept = self._store.get(node.call)
        if kept is not None and left[node.place] == 0 and not self._returns(node.call):
            self._store.drop(node.call)
        return kept

    def _leaf(self, leaf: Leaf) -> Value:
        if isinstance(leaf, Constant):
            return leaf.value
        if isinstance(leaf, Numbers):
            return leaf
        if leaf.name not in self._fields:
            return leaf.name
        if leaf.name not in self._clean:
            self._clean[leaf.name] = Buffer(without_infinities(self._fields[leaf.name]), None)
        return self._clean[leaf.name].hold()

    def _apply(self, node: Node, plan: Plan, left: list[int], done: list[Value], into: Floats | None = None) -> Value:
        values: list[Value] = [0.0] * len(node.args)
        for i in reversed(node.order):
            values[i] = done.pop()
        result = self._run(node, values, plan, left, into)
        if isinstance(result, Buffer) and (left[node.place] > 0 or self._returns(node.call)):
            self._store.keep(node.call, result)
        return result

    def _returns(self, call: Call) -> bool:
        """Whether an earlier batch had the call too: then a later one may, and it is worth room in the store."""
        return self._last_rows is None and self._kernels[call.op].kind != "elementwise" and hash(call) in self._seen

    def _run(self, node: Node, values: list[Value], plan: Plan, left: list[int], into: Floats | None = None) -> Value:
        kernel = self._kernels[node.call.op]
        if kernel.kind == "elementwise" and all(isinstance(value, float) for value in values):
            return self._folded(kernel, values)
        kin = [other for other in plan.kin(node) if left[other.place]] if kernel.together else []
        first = max(0, self._first - max([node.reach, *[other.reach for other in kin]]))
        operands = [self._operand(kernel, i, value, first, node.args[i]) for i, value in enumerate(values)]
        site, arguments = self._site_of(kernel, operands, first)
        out = self._pool.take() if into is None else Buffer(into, None)
        if into is not None:
            kernel.run(site, arguments, into)
        elif kin and kernel.together and self._store.capacity >= out.array.nbytes * len(kin):
            self._run_together(kernel.together, node, kin, arguments, out)
        else:
            since = max(0, self._first - node.wanted) if kernel.skips else first
            kernel.run(site, arguments, out.array[since:] if since else out.array)
        for value in operands:
            if isinstance(value, Buffer):
                value.release()
        return out

    def _site_from(self, first: int) -> Site:
        """Where a kernel runs that begins with the row `first`."""
        if first not in self._sites:
            groups = {name: Group(group.labels[first:], group.count) for name, group in self._site.groups.items()}
            self._sites[first] = Site(self._site.first_row + first, groups)
        return self._sites[first]

    def _run_together(
        self, together: Together, node: Node, kin: list[Node], arguments: list[Argument], out: Buffer
    ) -> None:
        """Compute the node, and what of its kin is not in the store, which takes them."""
        calls = [other.call for other in kin if other.call not in self._store]
        others = [self._pool.take() for _ in calls]
        numbers = [[a.value if isinstance(a, Constant) else "" for a in each.args] for each in (node.call, *calls)]
        panel: Floats = arguments[0]  # type: ignore[assignment]  # the first argument is a panel
        first = self.shape[0] - len(panel)
        together(panel, numbers, [buffer.array[first:] for buffer in (out, *others)])
        for other, buffer in zip(calls, others, strict=True):
            self._store.keep(other, buffer)
            buffer.release()

    def _folded(self, kernel: Kernel, values: list[Value]) -> float:
        cell = np.empty((1, 1), np.float32)
        kernel.run(self._site, [np.full((1, 1), value, np.float32) for value in values], cell)
        return float(cell[0, 0])

    def _operand(self, kernel: Kernel, position: int, value: Value, first: int, arg: Node | Leaf) -> Value:
        """The argument as the kernel wants it: a panel where it wants one, masked where it looks across names."""
        if position >= kernel.panels:
            return value if type(value) is float else self._parameter(kernel, position, value, arg)
        value = self._valued(arg, value)
        if kernel.kind == "elementwise":
            return value
        panel = self._panel(value, first)
        return self._masked(panel, first) if kernel.kind in ("cross-section", "group") else panel

    def _site_of(self, kernel: Kernel, operands: Sequence[Value], first: int) -> tuple[Site, list[Argument]]:
        """Where a kernel runs and what it gets: rows of panels, and computed groups under a name for this call."""
        site, arguments = self._site_from(first), list[Argument]()
        for position, value in enumerate(operands):
            if isinstance(value, Buffer):
                if kernel.kind != "elementwise" and position in kernel.group_places:
                    site, name = self._with_group(site, position, value, first)
                    arguments.append(name)
                else:
                    arguments.append(value.array[first:] if first else value.array)
            else:
                arguments.append(np.array(value.values, np.float32) if isinstance(value, Numbers) else value)
        return site, arguments

    def _with_group(self, site: Site, position: int, value: Buffer, first: int) -> tuple[Site, str]:
        name, labels = f"({position})", labels_of(value.array[first:])
        group = Group(labels, int(labels.max(initial=-1)) + 1)
        return replace(site, groups={**site.groups, name: group}), name

    def _parameter(self, kernel: Kernel, position: int, value: Value, arg: Node | Leaf) -> Value:
        labels = position in kernel.group_places
        if labels and isinstance(value, Buffer) and self._is_group(arg):
            return value
        if labels and value not in self._site.groups:
            name = f"`{value}`" if isinstance(value, str) else "a series or a number"
            reason = f"{name} is no group; groups of this panel are: {', '.join(self._site.groups) or 'none'}"
            raise ExpressionError(reason)
        if not labels and not isinstance(value, (float, Numbers)):
            reason = "a window or a parameter must be a number, not a series; write a constant there"
            raise ExpressionError(reason)
        return value

    def _is_group(self, arg: Node | Leaf) -> bool:
        return isinstance(arg, Node) and self._kernels[arg.call.op].kind == "grouping"

    def _valued(self, arg: Node | Leaf, value: Value) -> Buffer | float:
        """What has values, ExpressionError for a group."""
        if isinstance(value, (str, Numbers)) or self._is_group(arg):
            shown = f"`{value}`" if isinstance(value, str) else f"`{arg.call if isinstance(arg, Node) else arg}`"
            reason = f"{shown} is a group, which has no values; groups stand in group operators"
            raise ExpressionError(reason)
        return value

    def _panel(self, value: Buffer | float, first: int) -> Buffer:
        if isinstance(value, Buffer):
            return value
        constant = self._pool.take()
        constant.array[first:] = value
        return constant

    def _masked(self, panel: Buffer, first: int) -> Buffer:
        if self._mask is None:
            return panel
        inside = self._pool.take()
        core.keep_where(panel.array[first:], self._mask[first:], inside.array[first:])
        panel.release()
        return inside

    def _final(self, root: Node | Leaf, value: Value) -> Buffer:
        value = self._valued(root, value)
        kernel = self._kernels[root.call.op] if isinstance(root, Node) else None
        across = kernel is not None and kernel.kind in ("cross-section", "group") and not kernel.fills
        panel = self._panel(value, self._first)
        return panel if across else self._masked(panel, self._first)

    def _remember(self, plan: Plan) -> None:
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen.update([hash(node.call) for node in plan.nodes])
