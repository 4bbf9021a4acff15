"""Draws docs/pictures/architecture.svg: `python -m tools.architecture`.

Boxes and arrows stand on a ground of their own, light or dark as the reader's system is, so that they can be read on
either page.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from tools import environment

PATH = environment.ROOT / "docs" / "pictures" / "architecture.svg"
WIDTH, HEIGHT = 960, 640
_STYLE = """\
svg { font: 14px system-ui, sans-serif; --ground: #f7f8fa; --box: #fff; --line: #5a6270; --text: #14161a;
  --dim: #4d5563; --in: #dcebf5; --keep: #e3efe0; --work: #f6ead6; --out: #eae3f3 }
@media (prefers-color-scheme: dark) { svg { --ground: #1c1f26; --box: #262a33; --line: #9aa3b2; --text: #eceef2;
  --dim: #b6bdc9; --in: #1f3a4d; --keep: #264030; --work: #4a3a1e; --out: #3a2f4d } }
.ground { fill: var(--ground) } .box { stroke: var(--line) } .name { fill: var(--text); font-weight: 600 }
.more { fill: var(--dim); font-size: 12px } .arrow { stroke: var(--line); stroke-width: 1.5; fill: none }
.head { fill: var(--line) } .in { fill: var(--in) } .keep { fill: var(--keep) } .work { fill: var(--work) }
.out { fill: var(--out) } .plain { fill: var(--box) }"""


@dataclass(frozen=True)
class Box:
    """A rectangle with a name and a line below it."""

    x: int
    y: int
    width: int
    kind: str
    name: str
    more: str

    def drawn(self) -> str:
        """Return the box as SVG."""
        middle = self.x + self.width / 2
        return (
            f'<rect class="box {self.kind}" x="{self.x}" y="{self.y}" width="{self.width}" height="54" rx="8"/>'
            f'<text class="name" x="{middle:g}" y="{self.y + 23}" text-anchor="middle">{escape(self.name)}</text>'
            f'<text class="more" x="{middle:g}" y="{self.y + 42}" text-anchor="middle">{escape(self.more)}</text>'
        )


BOXES = [
    Box(30, 24, 210, "in", "Yahoo Finance", "prices, splits, dividends"),
    Box(260, 24, 210, "in", "SEC EDGAR", "filings, facts"),
    Box(490, 24, 210, "in", "Web search", "news"),
    Box(720, 24, 210, "in", "Your own files", "bars, facts, members"),
    Box(30, 124, 900, "plain", "collect", "keep every answer, refuse what breaks a rule, say since when it is known"),
    Box(30, 224, 430, "keep", "lake", "immutable objects (answers, panels, results): a folder, or S3"),
    Box(500, 224, 430, "keep", "warehouse", "ClickHouse, embedded or a server; rows only appended"),
    Box(30, 324, 430, "work", "plan", "train, validation, vault; who shares the vault"),
    Box(500, 324, 430, "work", "snapshot", "a panel of (sessions × names), as known at a moment"),
    Box(30, 424, 280, "work", "mine", "shard: ask, compute, score, tell"),
    Box(340, 424, 280, "work", "mine", "… a process, a Ray task, a Batch job …"),
    Box(650, 424, 280, "work", "mine", "every trial into the ledger"),
    Box(30, 524, 200, "work", "select", "40 finalists on train"),
    Box(260, 524, 200, "work", "prove", "validation, leaks, vault"),
    Box(490, 524, 200, "work", "publish", "evidence, series, values"),
    Box(720, 524, 210, "out", "dashboard, CLI, Python", "read warehouse and lake"),
]
ARROWS: list[tuple[int, ...]] = [  # points, x and y in turn
    *((x, 78, x, 124) for x in (135, 365, 595, 825)),
    (245, 178, 245, 224),
    (715, 178, 715, 224),
    (715, 278, 715, 324),
    (560, 324, 560, 301, 400, 301, 400, 278),
    (500, 351, 460, 351),
    *((245, 378, 245, 401, x, 401, x, 424) for x in (170, 480, 790)),
    *((x, 478, x, 501, 130, 501, 130, 524) for x in (170, 480, 790)),
    (230, 551, 260, 551),
    (460, 551, 490, 551),
    (690, 551, 720, 551),
]
_NOTE = "One machine, a Ray cluster or AWS: the same steps, in the same order, on the same lake and warehouse."
_TITLE = "From sources through lake and warehouse to panel, search, proof and dashboard"


def picture() -> str:
    """Return the picture as SVG."""
    arrows = "\n".join(
        f'<polyline class="arrow" points="{" ".join(map(str, points))}" marker-end="url(#head)"/>' for points in ARROWS
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">
<title>{_TITLE}</title>
<style>
{_STYLE}
</style>
<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path class="head" d="M0 0L8 4L0 8z"/></marker>
<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="12"/>
{arrows}
{chr(10).join(box.drawn() for box in BOXES)}
<text class="more" x="{WIDTH / 2:g}" y="614" text-anchor="middle">{_NOTE}</text>
</svg>
"""


if __name__ == "__main__":
    PATH.write_text(picture())
