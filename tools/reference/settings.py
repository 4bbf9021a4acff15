"""The reference page of the settings, written from `lode.settings` and `lode.deploy.deployment`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lode.deploy.deployment import SIZES, Deployment
from lode.settings import Settings
from tools.reference.markdown import code, table

_PREFACE = """\
# Settings

*Written by `python -m tools.reference settings` from `src/lode/settings.py` and `src/lode/deploy/deployment.py`; do not
edit.*

The first source that has a value wins:

1. the environment: `LODE_HOME=/data/lode`;
2. `.env` in the working folder: a line `LODE_HOME=/data/lode`;
3. `lode.toml` in the working folder: `home = "/data/lode"`, without the prefix, outside of any table;
4. the default.

An empty variable counts as none. Times are in seconds, rates in requests a second. A setting that cannot be read ends
the command with exit code 2 and names every place where it was looked for; `lode doctor` prints each setting and where
it came from. *Secret*: masked wherever settings are shown, and never part of a run's record.

Addresses of the form `LODE_…_URL` are there so that a proxy, a mirror or a test's replica can stand in. A lake in S3
takes AWS's own variables (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL` …). `LODE_SIMD` (baseline, avx2, avx512) is
read by the engine alone: the instruction set to compute with, the widest of the machine without it.
"""
_DEPLOY = """\
## Of a deployment

`[deploy]` in `lode.toml`, over a size; read by [`lode deploy`](commands.md#lode-deploy-plan), which also tells where
each value comes from. No setting is a secret: those are made in AWS and stay there. Memory in MiB, disks in GiB, money
in US dollars. See [Deploy on AWS](../how-to/aws.md).

```toml title="lode.toml"
[deploy]
size = "team"
region = "eu-central-1"
universe = "sp500"
```
"""
_RULES = ("ge", "gt", "le", "lt")
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def settings_page() -> str:
    """The page in Markdown: a row per setting."""
    columns = ("setting", "value", "default", "what for")
    own = table(columns, (_row(name, field) for name, field in Settings.model_fields.items()))
    return f"{_PREFACE}\n## Of Lode\n\n{own}\n{_DEPLOY}\n{table((*columns[:3], 'team', 'desk', 'what for'), _deploy())}"


def _row(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    secret = SecretStr in _kinds(field.annotation)
    return code(f"LODE_{name.upper()}"), _value(field), _default(field), f"{field.description}{'; *secret*' * secret}"


def _deploy() -> Iterator[tuple[str, ...]]:
    for name, field in Deployment.model_fields.items():
        sizes = (code(_shown(SIZES[size][name])) if name in SIZES[size] else "" for size in ("team", "desk"))
        yield code(name), _value(field), _default(field), *sizes, str(field.description)


def _kinds(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401  any annotation
    return (dict,) if get_origin(annotation) is dict else get_args(annotation) or (annotation,)


def _value(field: FieldInfo) -> str:
    """Return the choices, the bounds, or the kind."""
    patterns = [rule.pattern for rule in field.metadata if getattr(rule, "pattern", None)]
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(code, get_args(field.annotation)))
    if patterns and patterns[0].startswith("^(") and patterns[0].endswith(")$") and "[" not in patterns[0]:
        return ", ".join(map(code, patterns[0][2:-2].split("|")))
    kind = next(kind for kind in _kinds(field.annotation) if kind is not type(None))
    kind = getattr(kind, "__origin__", kind)  # of what is annotated
    word = {int: "whole number", float: "number", bool: "true, false"}.get(kind, getattr(kind, "__name__", "text"))
    word = {"str": "text", "SecretStr": "text", "Path": "path", "dict": "a table of texts"}.get(word, word)
    rules = [f"{_SIGNS[r]} {getattr(rule, r):,}" for rule in field.metadata for r in _RULES if hasattr(rule, r)]
    return ", ".join([word, *rules])


def _default(field: FieldInfo) -> str:
    return "" if field.default is None or field.default_factory is not None else code(_shown(field.default))


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
