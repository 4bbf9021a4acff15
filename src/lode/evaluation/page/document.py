"""The page around a sheet's pictures and tables."""

from __future__ import annotations

from html import escape

from lode.evaluation.page.pictures import pictures_of
from lode.evaluation.page.tables import lines_table, names_table, tables_of
from lode.evaluation.report.lines import money, number, percent
from lode.evaluation.report.model import Sheet

_STYLE = """
:root{color-scheme:light dark;--ground:#fff;--ink:#1d2530;--faint:#5d6875;--rule:#d9dee4;--card:#f5f7f9;
--c0:#1f77b4;--c1:#d55e00;--c2:#00805c;--c3:#9a5ba5}
@media(prefers-color-scheme:dark){:root{--ground:#14181d;--ink:#e6eaee;--faint:#9aa5b1;--rule:#38414b;--card:#1d232a;
--c0:#5aaee8;--c1:#f0975a;--c2:#3cc39a;--c3:#cf9ad8}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:76rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font:600 1.25rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere;margin:0 0 .25rem}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
.about,figure p{color:var(--faint)}.about{margin:0 0 1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:0}
.tiles div{background:var(--card);border-radius:6px;padding:.5rem .75rem}dt{color:var(--faint);font-size:.85rem}
dd{margin:0;font-size:1.2rem;font-variant-numeric:tabular-nums}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1.25rem}
figure{margin:0}figcaption,caption{font-weight:600;text-align:left}figure p{margin:0;font-size:.85rem}
svg{width:100%;height:auto}svg text{fill:var(--faint);font:11px system-ui,sans-serif}
.g,.z{stroke:var(--rule);stroke-width:1}.z{stroke:var(--faint)}.l{fill:none;stroke-width:1.6}
.l0{stroke:var(--c0)}.l1{stroke:var(--c1)}.l2{stroke:var(--c2)}.l3{stroke:var(--c3)}
.a0{fill:var(--c0);opacity:.25}.b{fill:var(--c0)}.w{stroke:var(--ink);stroke-width:1.3;fill:none}
.t{overflow-x:auto;margin:0 0 1.25rem}table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child{text-align:left}thead th{color:var(--faint);font-weight:500}tbody th{font-weight:400}
summary{cursor:pointer;font-weight:600}
"""


_HEAD = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width,initial-scale=1'>"
)


def page_of(sheet: Sheet) -> str:
    """Return a sheet as an HTML page that asks nothing of any other place."""
    title = escape(sheet.identity.expression)
    tiles = "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(much)}</dd></div>" for what, much in _tiles(sheet))
    return document(
        sheet.identity.expression,
        f"<h1>{title}</h1><p class='about'>{escape(_about(sheet))}</p><dl class='tiles'>{tiles}</dl>"
        f"<h2>Pictures</h2><div class='pictures'>{''.join(pictures_of(sheet))}</div>"
        f"<h2>Figures</h2>{''.join(tables_of(sheet))}"
        f"<details><summary>Every line</summary>{lines_table(sheet)}</details>"
        f"<details><summary>Every name on high minus low</summary>{names_table(sheet)}</details>",
    )


def document(title: str, inside: str) -> str:
    """Return a whole page of this style; `inside` is HTML."""
    return (
        f"{_HEAD}<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{inside}</main></body></html>"
    )


def _about(sheet: Sheet) -> str:
    days, options = sheet.daily.sessions, sheet.options
    span = f"{days[0]} to {days[-1]}, " if len(days) else ""
    weighted = "by capitalisation" if options.weighting == "cap" else "equally"
    label = f" These data are not real: {sheet.label}." if sheet.label else ""
    return (
        f"Source {sheet.source or '–'}, snapshot {sheet.snapshot or '–'}: {span}{sheet.sessions:,} sessions, "
        f"{sheet.names:,} names. Delay {options.delay}, horizon {options.horizon}, "
        f"neutralised: {options.neutralize}, {options.quantiles} quantiles weighted {weighted}. Sessions of a vault "
        f"that is not opened are not in here. Factor {sheet.identity.id}; leak check: {sheet.leak_check}.{label}"
    )


def _tiles(sheet: Sheet) -> list[tuple[str, str]]:
    _, rank_ic = sheet.horizons[sheet.options.horizon]
    brain = sheet.books["brain"]
    passed = sum(gate.outcome == "passed" for gate in sheet.gates)
    return [
        ("rank IC", number(rank_ic.mean)),
        ("t (Newey-West)", number(rank_ic.t_nw, 2)),
        ("neutralised rank IC", number(sheet.neutral_rank_ic)),
        ("Sharpe, after cost", f"{number(brain.sharpe, 2)}, {number(brain.net_sharpe, 2)}"),
        ("turnover", percent(brain.turnover)),
        ("drawdown", percent(brain.drawdown)),
        ("capacity", money(sheet.costs.capacity)),
        ("half-life", f"{number(sheet.half_life_sessions, 1)} sessions"),
        ("coverage", percent(sheet.coverage)),
        ("gates passed", f"{passed} of {len(sheet.gates)}"),
    ]
