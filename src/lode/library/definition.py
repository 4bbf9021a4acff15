"""A published formula: what it is, where it was published, and which way it is expected to point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lode.errors import UsageError
from lode.language import Expr, parse


@dataclass(frozen=True, slots=True)
class Definition:
    """A formula of the library.

    expression: in the language's fields and operators, as the paper writes it; higher does not mean better.
    sign: of the correlation with the return that follows, 1 or -1, as the source found it; 0 where it states none.
    source: authors, year, title, journal; the page or table where it was checked, else none.
    note: where the formula differs from the paper's, and why.
    Raises UsageError for another sign, a name that is no identifier, and without a source.
    """

    name: str
    expression: str
    family: str
    sign: int
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.sign not in {-1, 0, 1}:
            raise UsageError(
                f"{self.key}: sign {self.sign}; allowed are 1 and -1, the way that the next return goes, and 0 where "
                "the source says nothing of it"
            )
        for part in (self.family, self.name):
            if not (part.isidentifier() and part.islower()):
                raise UsageError(f"{self.key}: {part!r} must be lower-case letters, digits and underscores")
        if not self.source.strip():
            raise UsageError(f"{self.key}: a definition names its source (authors, year, title)")

    @property
    def key(self) -> str:
        """Its name in the library, unique: `family.name`."""
        return f"{self.family}.{self.name}"

    @property
    def tree(self) -> Expr:
        """The expression, read; ExpressionError where it cannot be."""
        return _read(self.expression)

    @property
    def fields(self) -> frozenset[str]:
        """Fields and groups that it needs."""
        return _fields(self.expression)

    def pointed(self) -> Expr:
        """The expression with the sign that is expected to go with higher returns; as it is where none is stated."""
        return self.tree if self.sign >= 0 else _read(f"-({self.expression})")


@cache
def _read(text: str) -> Expr:
    """Every run and sheet asks for the whole library: its formulas are read once a process."""
    return parse(text)


@cache
def _fields(text: str) -> frozenset[str]:
    return _read(text).fields
