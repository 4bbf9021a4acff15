"""The identities of every operator, in one list; operators without an entry stay as they are."""

from __future__ import annotations

from lode.language import identities
from lode.language.spelled_out import SPELLED_OUT
from lode.language.symmetries import SYMMETRIES

RULES: dict[str, identities.Rule] = {**identities.RULES, **SYMMETRIES, **SPELLED_OUT}
