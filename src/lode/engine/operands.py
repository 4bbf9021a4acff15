"""What a kernel gets: computed arguments as the panels, numbers and groups that it wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from lode.engine.arrays import Mask
from lode.engine.buffers import Buffer, Pool
from lode.engine.groupings import labels_of
from lode.engine.kernel import Argument, Group, Kernel, Site
from lode.engine.plan import Leaf, Node
from lode.engine.simd import core
from lode.errors import ExpressionError
from lode.language import Numbers

# What a computed argument is: a panel that is held (a computed group's labels too), a number that stands in every cell,
# the name of a group, or a list of numbers.
Value: TypeAlias = Buffer | float | str | Numbers


class Operands:
    """Makes the arguments of kernels of one evaluator, panels out of its pool, masked where names are compared."""

    def __init__(self, kernels: Mapping[str, Kernel], pool: Pool, mask: Mask | None, site: Site) -> None:
        self._kernels, self._pool, self._mask, self._site = kernels, pool, mask, site
        self._sites = {0: site}

    def operand(self, kernel: Kernel, position: int, value: Value, first: int, arg: Node | Leaf) -> Value:
        """The argument as the kernel wants it: a panel where it wants one, masked where it looks across names."""
        if position >= kernel.panels:
            return value if type(value) is float else self._parameter(kernel, position, value, arg)
        value = self._valued(arg, value)
        if kernel.kind == "elementwise":
            return value
        panel = self._panel(value, first)
        return self._masked(panel, first) if kernel.kind in ("cross-section", "group") else panel

    def site_of(self, kernel: Kernel, operands: Sequence[Value], first: int) -> tuple[Site, list[Argument]]:
        """Where a kernel runs and what it gets: rows of panels, and computed groups under a name for this call."""
        site, arguments = self._from(first), list[Argument]()
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

    def final(self, root: Node | Leaf, value: Value, first: int) -> Buffer:
        """An expression's own values from row `first` on, NaN where the mask leaves a name out."""
        value = self._valued(root, value)
        kernel = self._kernels[root.call.op] if isinstance(root, Node) else None
        across = kernel is not None and kernel.kind in ("cross-section", "group") and not kernel.fills
        panel = self._panel(value, first)
        return panel if across else self._masked(panel, first)

    def _from(self, first: int) -> Site:
        """Where a kernel runs that begins with the row `first`."""
        if first not in self._sites:
            groups = {name: Group(group.labels[first:], group.count) for name, group in self._site.groups.items()}
            self._sites[first] = Site(self._site.first_row + first, groups)
        return self._sites[first]

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
