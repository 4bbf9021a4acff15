"""A process that runs doctests from standard input, a JSON string a line, all with the same names."""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import sys
from pathlib import Path


def main() -> None:
    """Answer each line with a JSON string: what failed, empty where nothing did."""
    sys.path[0] = str(Path.cwd())
    names: dict[str, object] = {"__name__": "__main__"}
    for number, line in enumerate(sys.stdin):
        said = io.StringIO()
        test = doctest.DocTestParser().get_doctest(json.loads(line), names, f"example {number}", None, None)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        with contextlib.redirect_stderr(io.StringIO()):
            runner.run(test, out=said.write, clear_globs=False)
        names = test.globs
        sys.stdout.write(json.dumps(said.getvalue()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
