"""The errors that Lode raises on purpose.

A message gives the value received, what is allowed, and the next step. Vendor errors are mapped into this tree once,
at the edge where they arise.

    LodeError                     exit code 1
    ├── UsageError                exit code 2: the call itself is wrong
    │   ├── ExpressionError       a formula that cannot be read; points at the place
    │   └── SettingsError         a setting that is missing or malformed; names every source that was tried
    ├── DataError                 what was given or stored cannot be used
    │   └── NotFoundError         no such symbol, snapshot, run or factor
    ├── StorageError              the disk, the lake or the warehouse refused
    │   ├── LakeError
    │   └── WarehouseError
    │       └── QueryRefusedError a query that read-only sessions may not run
    ├── CollectError              a source outside did not deliver
    │   ├── ThrottledError
    │   ├── UnknownSymbolError
    │   └── SourceUnavailableError
    ├── SignInError               who looks at the dashboard is not known, or not credibly
    ├── EvidenceError             the protocol forbids what was asked
    │   └── VaultSpentError
    ├── DeployError               AWS, or the tool that deploys, refused
    └── StepError                 a workflow step failed; the message ends with the command that resumes the run
        └── StoppedError          the step was asked to stop, and goes on from where it was
"""

from __future__ import annotations


class LodeError(Exception):
    """Root of the tree: every failure that Lode explains."""

    exit_code = 1


class UsageError(LodeError):
    """The call is wrong: a value outside of what is allowed."""

    exit_code = 2


class ExpressionError(UsageError):
    """A formula that cannot be read.

    `text` is the formula, `position` the zero-based column of the fault; the message shows both, of a long formula
    the part around the fault.
    """

    def __init__(self, reason: str, text: str = "", position: int | None = None) -> None:
        self.reason, self.text, self.position = reason, text, position
        super().__init__(reason if position is None else f"{reason}\n{_pointed(text, position)}")

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, str, int | None]]:
        return type(self), (self.reason, self.text, self.position)


def _pointed(text: str, position: int, around: int = 50) -> str:
    start, end = max(position - around, 0), position + around
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    return f"  {head}{text[start:end]}{tail}\n  {' ' * (position - start + len(head))}^"


class SettingsError(UsageError):
    """A setting that is missing or malformed."""


class DataError(LodeError):
    """What was given, or what is stored, cannot be used."""


class NotFoundError(DataError):
    """No such symbol, snapshot, run or factor."""


class StorageError(LodeError):
    """The disk, the lake or the warehouse refused."""


class LakeError(StorageError):
    """The lake refused: other bytes under an existing key, no permission, no space."""


class WarehouseError(StorageError):
    """The warehouse cannot be reached or refused a statement."""


class QueryRefusedError(WarehouseError):
    """A read-only session asked for a write or for a function that reaches outside."""


class CollectError(LodeError):
    """A source outside did not deliver."""


class ThrottledError(CollectError):
    """The source asked for fewer requests."""


class UnknownSymbolError(CollectError):
    """The source does not know the symbol."""


class SourceUnavailableError(CollectError):
    """The source cannot be reached or answers with its own failure."""


class SignInError(LodeError):
    """Who looks at the dashboard is not known, or not credibly."""


class EvidenceError(LodeError):
    """The evidence protocol forbids what was asked."""


class VaultSpentError(EvidenceError):
    """The vault's openings are used up; new sessions restore it."""


class DeployError(LodeError):
    """AWS, or the tool that deploys, refused; the message names what was asked and what is missing."""


class StepError(LodeError):
    """A workflow step failed; the message ends with the command that resumes the run."""


class StoppedError(StepError):
    """A step that was asked to stop: what it had done is kept, and it goes on from there."""
