"""Values of expressions: a batch runs as one graph, with pooled panels and a bounded store of common parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from lode.engine.arrays import Floats, Labels, Mask, common_shape, without_infinities
from lode.engine.buffers import Buffer, Pool, Store
from lode.engine.kernel import Argument, Group, Kernel, Site, Together
from lode.engine.kernels import KERNELS
from lode.engine.operands import Operands, Value
from lode.engine.own import OWN_KERNELS
from lode.engine.plan import Leaf, Node, Plan
from lode.errors import ExpressionError
from lode.language import Constant, Numbers

if TYPE_CHECKING:
    from lode.language import Call, Expr

DEFAULT_CACHE_BYTES = 256 << 20
REMEMBERED = 1 << 16


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
        self._pool = Pool(self.shape)
        self._operands = Operands(kernels, self._pool, self._mask, self._site)
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
                result = self._operands.final(root, self._compute(root, plan, left), self._first)
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
            result = self._operands.final(root, self._compute(root, plan, left), self._first)
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
        operands = [self._operands.operand(kernel, i, value, first, node.args[i]) for i, value in enumerate(values)]
        site, arguments = self._operands.site_of(kernel, operands, first)
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

    def _remember(self, plan: Plan) -> None:
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen.update([hash(node.call) for node in plan.nodes])
