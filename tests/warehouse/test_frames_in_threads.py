"""A frame from the warehouse is no trap for threads: freeing what it came in must not need the interpreter's lock."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import pickle
import polars as pl
from lode.warehouse.arrow import read_stream, to_frame, write_stream
rows = pl.DataFrame({"text": [str(i) for i in range(70_000)], "number": range(70_000)})
pieces = write_stream(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), None)
frame = to_frame(read_stream(pieces))
assert frame.n_chunks() > 1
frame = frame.with_columns(pl.Series("whole", range(70_000)))  # polars joins the pieces of the others, in its threads
assert pickle.loads(pickle.dumps(frame))["number"].equals(rows["number"])
"""


def test_a_frame_of_pieces_can_be_pickled_by_a_thread_that_holds_the_interpreters_lock():
    done = subprocess.run([sys.executable, "-c", PROGRAM], timeout=30, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
