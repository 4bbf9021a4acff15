"""What every template of ours keeps to, as plain functions over the templates.

The checkers (cdk-nag, cfn-lint, checkov) know what is generally wrong; these rules know what this platform promises:
groups that name each other, keys of its own, roles without stars, nothing that is open. Each rule yields its breaches;
tests/aws/test_planted.py plants every one of them in copies of the real templates.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.rules import encryption, identity, keeping, machines, network
from infra.rules.template import Breach, Template, Templates

RULES = (*network.RULES, *encryption.RULES, *identity.RULES, *machines.RULES, *keeping.RULES)


def check(templates: Mapping[str, Template]) -> list[Breach]:
    """Return every breach of every rule in the templates of a deployment, by stack, sorted."""
    read = Templates(templates)
    return sorted({breach for rule in RULES for breach in rule(read)})
