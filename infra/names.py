"""Names that AWS wants to be told, and that no two stacks may share."""

from __future__ import annotations

from aws_cdk import Aws, Fn


def own_word() -> str:
    """Return eight signs that this stack alone has: what an earlier one of the same name left is not in its way."""
    unique = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    return str(Fn.select(0, Fn.split("-", unique)))
