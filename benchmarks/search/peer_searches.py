"""The peers' searches: each in a process of its own, which hands over the values of its best candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import peer
from benchmarks.search.judging import Arena, Floats, Found
from benchmarks.search.plan import SearchPlan

PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "gplearn (flat)": ("gplearn_search", ("--set", "flat")),
    "gplearn (rolling)": ("gplearn_search", ("--set", "rolling")),
    "pyoperon (flat)": ("operon_search", ()),
}
"""Peer's name to its script and options."""
BASES = ("candidates", "seconds")


def write_panel(arena: Arena, path: Path) -> Path:
    """Fields of the sessions before the vault, and the labels of train: all that a peer gets."""
    forward = np.full(arena.panel.shape, np.nan, np.float32)
    forward[: arena.splits.train_stop] = arena.train.forward
    np.savez(path, forward=forward, **{name: np.asarray(values) for name, values in arena.panel.fields.items()})
    return path


def peer_searched(arena: Arena, name: str, seed: int, plan: SearchPlan, panel: Path) -> dict[str, Found]:
    """Run a peer once; what it had found after as many candidates and after as many seconds, by basis."""
    script, options = PEERS[name]
    values = panel.with_name("found.npz")
    limits = ("--candidates", str(plan.candidates), "--seconds", str(plan.seconds), "--kept", str(plan.kept))
    told = peer(script, panel, values, *options, *limits, "--seed", str(seed))
    with np.load(values) as stored:
        arrays = {key: stored[key] for key in stored.files}
    values.unlink()
    return {basis: handed_over(arena, basis, told[basis], arrays) for basis in BASES}


def handed_over(arena: Arena, basis: str, told: dict[str, Any], arrays: dict[str, Floats]) -> Found:
    """Score a peer's values on train; cells that cannot be traded count for nobody."""
    prefix = f"{basis}/"
    masked = {
        key: np.where(arena.panel.tradable & np.isfinite(found), found, np.nan).astype(np.float32)
        for key, found in arrays.items()
        if key.startswith(prefix)
    }
    candidates = [
        arena.candidate(key, size, arena.train_score(values))
        for (key, values), size in zip(sorted(masked.items()), told["sizes"], strict=True)
    ]
    return Found(candidates, masked.__getitem__, told["scored"], told["processor"])
