"""The leak checks of a factor on a snapshot: what the panel and its rebuilds show, and what the stored rows say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import polars as pl

from lode.collect.membership import INDICES, top_number
from lode.evidence.leaks import LeakCheck, Subject, check_leaks
from lode.evidence.leaks.stored import check_facts, check_news, check_splits, check_universe
from lode.panel import Observations, Panel
from lode.panel.fundamentals import FUNDAMENTAL_FIELDS
from lode.warehouse.stores.bars import list_instruments, read_actions
from lode.warehouse.stores.members import list_universes, read_members
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.context import Context
from lode.workflow.freezing import Selection, rebuilder
from lode.workflow.observing import Models, observe

_NEWS = {"news_count", "news_tone"}
_PRICES = {"open", "high", "low", "close", "vwap", "volume", "returns", "raw_close", "dollar_volume"}


def leak_checker(context: Context, snapshot: str, panel: Panel) -> Callable[[Subject, int], tuple[LeakCheck, ...]]:
    """Return what checks a subject on a snapshot's panel with a seed; panels and rows are read once for all."""
    rebuild, rows = cache(rebuilder(context, snapshot, panel)), _Stored(context, snapshot, panel)

    def check(subject: Subject, seed: int) -> tuple[LeakCheck, ...]:
        return check_leaks(subject, panel, rebuild=rebuild, stored=rows.checks(subject), seed=seed)

    return check


class _Stored:
    """The stored rows behind a panel; each kind is read when a factor first uses it."""

    def __init__(self, context: Context, snapshot: str, panel: Panel) -> None:
        details = read_snapshot(context.warehouse, snapshot).details
        self._context, self._panel = context, panel
        self._selection = Selection.from_event(details["selection"])
        self._models = Models(**details.get("models", {}))
        self._kinds: dict[str, Callable[[], LeakCheck]] = {
            "facts": cache(self._facts),
            "news": cache(self._news),
            "splits": cache(self._splits),
        }
        self._universe = cache(self._survivors)

    def checks(self, subject: Subject) -> list[LeakCheck]:
        """Check the rows that the subject's fields are made of, and the universe."""
        used = {name.removesuffix("_age") for name in subject.fields}
        facts = bool(used & set(FUNDAMENTAL_FIELDS))
        needed = {"facts": facts, "news": bool(used & _NEWS), "splits": facts or bool(used & _PRICES)}
        return [self._universe(), *(self._kinds[kind]() for kind, wanted in needed.items() if wanted)]

    def _facts(self) -> LeakCheck:
        facts = self._observed().facts
        return check_facts(facts) if facts is not None else LeakCheck("facts", "not checkable", "there are no facts")

    def _news(self) -> LeakCheck:
        articles = self._observed().articles
        if articles is None:
            return LeakCheck("news", "passed", "searches alone, each known when it was made")
        return check_news(articles)

    def _observed(self) -> Observations:
        panel = self._panel
        return observe(self._context.warehouse, panel.names, as_of=panel.meta.as_of, models=self._models)[0]

    def _splits(self) -> LeakCheck:
        actions = read_actions(
            self._context.warehouse,
            source=self._selection.source,
            instruments=self._panel.names,
            as_of=self._panel.meta.as_of,
        )
        return check_splits(self._panel, actions)

    def _survivors(self) -> LeakCheck:
        """A list that is made anew every month, and the history of an index, tell by themselves who was in them."""
        universe = self._selection.universe
        own = universe in list_universes(self._context.warehouse)
        if top_number(universe) or (universe.lower() in INDICES and not own):
            return LeakCheck("universe", "passed", "members by the universe's own history")
        if own:
            spells = read_members(self._context.warehouse, universe)
            stay = spells["last_session"].null_count() == spells.height
            return check_universe(len(self._panel.names) if stay else 0, 0, spells=True)
        return self._chosen_names()

    def _chosen_names(self) -> LeakCheck:
        """Names of a source that somebody chose: by their survival, if those that ended are left out."""
        traded = list_instruments(self._context.warehouse, source=self._selection.source)
        first, last = (day.item() for day in self._panel.sessions[[0, -1]])
        during = traded.filter((pl.col("first_session") <= last) & (pl.col("last_session") >= first))
        ended = during.filter(pl.col("last_session") < last)
        inside = ended["instrument"].is_in(list(self._panel.names))
        survivors = 0 if inside.any() else len(self._panel.names)
        return check_universe(survivors, int((~inside).sum()), spells=False)
