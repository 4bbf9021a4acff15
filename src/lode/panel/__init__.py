"""Panels: what was known at each session's close, as arrays of (sessions, names).

panel.py is the panel. adjust.py turns traded prices into forward-adjusted fields, events.py reads corporate actions,
assemble.py joins rows as of their knowledge times (join.py), observed.py and fundamentals/ make fields of statements
and texts, membership.py says who belongs when, frames.py takes a user's frame, snapshot.py keeps panels in the lake.
"""

from lode.panel.assemble import Axes, build_panel, rebuild_panel
from lode.panel.observed import NOTHING, Observations
from lode.panel.panel import Panel, PanelMeta
from lode.panel.snapshot import content_id, load_snapshot, save_snapshot

__all__ = [
    "NOTHING",
    "Axes",
    "Observations",
    "Panel",
    "PanelMeta",
    "build_panel",
    "content_id",
    "load_snapshot",
    "rebuild_panel",
    "save_snapshot",
]
