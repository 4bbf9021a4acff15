"""qlib's Alpha158 or Alpha360: the panel is written as a qlib data folder, then its own expressions are asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path

import exchange
import numpy as np
import qlib
from qlib.contrib.data.loader import Alpha158DL, Alpha360DL
from qlib.data import D

FIELDS = ("open", "high", "low", "close", "volume", "vwap")


def write_folder(folder: Path, sessions: np.ndarray, fields: exchange.Fields) -> list[str]:
    """qlib's format: a calendar, the instruments with their spells, and per field a file of float32 after its start."""
    days = [str(day)[:10] for day in sessions]
    names = [f"S{i:05}" for i in range(fields["close"].shape[1])]
    (folder / "calendars").mkdir()
    (folder / "calendars" / "day.txt").write_text("\n".join(days) + "\n")
    (folder / "instruments").mkdir()
    spells = "".join(f"{name}\t{days[0]}\t{days[-1]}\n" for name in names)
    (folder / "instruments" / "all.txt").write_text(spells)
    for i, name in enumerate(names):
        place = folder / "features" / name.lower()
        place.mkdir(parents=True)
        for field in FIELDS:
            np.concatenate([[0], fields[field][:, i]]).astype("<f4").tofile(place / f"{field}.day.bin")
    return names


def main() -> None:
    """Write the folder, ask for the features, write the values."""
    asked = exchange.arguments(("alpha158", "alpha360"))
    sessions, _, fields = exchange.read_panel(asked.panel)
    texts, names = (Alpha158DL if asked.set == "alpha158" else Alpha360DL).get_feature_config()
    with tempfile.TemporaryDirectory() as temporary:
        instruments = write_folder(Path(temporary), sessions, fields)
        qlib.init(provider_uri=temporary, region="us", kernels=asked.threads, expression_cache=None, dataset_cache=None)
        found = {}

        def run() -> None:
            found["frame"] = D.features(instruments, texts, freq="day", disk_cache=0)

        times = exchange.timed(run, asked.rounds)
    shape = len(instruments), len(sessions)
    values = {
        name.lower(): found["frame"][text].to_numpy().reshape(shape).T for name, text in zip(names, texts, strict=True)
    }
    exchange.report(asked.values, values, **times)


if __name__ == "__main__":
    main()
