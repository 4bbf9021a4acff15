"""A calibration as one page: the rate of false discoveries and the power curve in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lode.evaluation.page.document import document
from lode.evaluation.page.scales import Scale
from lode.evaluation.page.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Picture, text, whisker, y_axis

Report = Mapping[str, Any]
_EDGE = 24


def calibration_page(report: Report) -> str:
    """Return a report of `lode calibrate` as an HTML page that asks nothing of any other place."""
    rows = "".join(
        f"<tr><th>{escape(_strength(point))}</th><td>{point['hits']} of {point['trials']}</td>"
        f"<td>{point['rate']:.1%}</td><td>{point['interval'][0]:.1%} to {point['interval'][1]:.1%}</td></tr>"
        for point in points(report)
    )
    return document(
        f"Calibration of {report['snapshot']}",
        f"<h1>Calibration of {escape(report['snapshot'])}</h1><p class='about'>{escape(_about(report))}</p>"
        f"<div class='pictures'>{picture(report)}</div><div class='t'><table><thead><tr><th>planted rank IC</th>"
        f"<th>markets</th><th>rate</th><th>95 % interval</th></tr></thead><tbody>{rows}</tbody></table></div>",
    )


def points(report: Report) -> list[Mapping[str, Any]]:
    """Return the null, at rank IC 0, and what is planted, weakest first."""
    return [{"rank_ic": 0.0} | dict(report["false_discoveries"]), *report["power"]]


def picture(report: Report) -> str:
    """Rates over the planted rank IC with their intervals, and the stated rate of false discoveries as a line."""
    drawn = points(report)
    largest = max(point["rank_ic"] for point in drawn) or 1.0
    x, y = Scale(0.0, largest, LEFT + _EDGE, WIDTH - RIGHT - _EDGE), Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    stated = y(report["stated_rate"])
    return Picture("calibration", "Share of markets with a discovery, over the planted rank IC", _words(report)).wrap(
        y_axis(y, percent=True)
        + f"<path class='l l1' d='M{LEFT} {stated:.1f}H{WIDTH - RIGHT}'><title>stated rate</title></path>"
        + _curve(drawn, x, y)
        + "".join(_point(point, x, y) for point in drawn)
    )


def _curve(drawn: Sequence[Mapping[str, Any]], x: Scale, y: Scale) -> str:
    path = "L".join(f"{x(point['rank_ic']):.1f} {y(point['rate']):.1f}" for point in drawn)
    return f"<path class='l l0' d='M{path}'/>" if len(drawn) > 1 else ""


def _point(point: Mapping[str, Any], x: Scale, y: Scale) -> str:
    across, (low, high) = x(point["rank_ic"]), point["interval"]
    return (
        f"<circle class='b' cx='{across:.1f}' cy='{y(point['rate']):.1f}' r='3.5'/>{whisker(across, y(low), y(high))}"
        + text(across, HEIGHT - 12, _strength(point), "middle")
    )


def _strength(point: Mapping[str, Any]) -> str:
    return f"{point['rank_ic']:g}" if point["rank_ic"] else "none"


def _words(report: Report) -> str:
    false = report["false_discoveries"]
    return (
        f"Without a factor {false['hits']} of {false['trials']} markets report one; the line is the stated rate, "
        f"{report['stated_rate']:.0%}. Whiskers are 95 % intervals (Clopper and Pearson)."
    )


def _about(report: Report) -> str:
    planted = f" Planted: {report['planted']}." if report["planted"] else ""
    label = f" These data are not real: {report['label']}." if report["label"] else ""
    return (
        f"{report['markets']:,} markets of {report['names']:,} names and {report['sessions']:,} sessions with "
        f"{report['candidates']:,} candidates each, seed {report['seed']}.{planted}{label}"
    )
