"""Templates as the rules read them: resources of all stacks, and what a reference in one of them means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Template = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Breach:
    """A resource that breaks a rule, and what to do about it."""

    stack: str
    resource: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.stack}  {self.rule}\n    {self.resource}: {self.text}"


@dataclass(frozen=True)
class Resource:
    """A resource of a template; `body` is all that the template says of it."""

    stack: str
    name: str
    body: Mapping[str, Any]

    @cached_property
    def type(self) -> str:
        return str(self.body["Type"])

    @cached_property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body.get("Properties", {})
        return found

    @cached_property
    def inside(self) -> list[tuple[tuple[str, ...], Any]]:
        """All that the properties hold, with the keys that lead to it."""
        return list(walk(self.properties))

    def breach(self, rule: str, text: str) -> Breach:
        return Breach(self.stack, self.name, rule, text)

    def excused(self, rule: str) -> bool:
        """Whether the template itself says why this resource may break a rule (`infra.audit.acknowledge`)."""
        return rule in self.body.get("Metadata", {}).get("lode", {})


class Templates:
    """The templates of all stacks of a deployment, by stack."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self.templates = templates
        self.resources = [
            Resource(stack, name, body)
            for stack, template in sorted(templates.items())
            for name, body in template.get("Resources", {}).items()
        ]

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Resource]:
        return {(resource.stack, resource.name): resource for resource in self.resources}

    @cached_property
    def _exports(self) -> Mapping[str, tuple[str, Any]]:
        return {
            text(output["Export"]["Name"]): (stack, output["Value"])
            for stack, template in self.templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def with_template(self, stack: str, template: Template) -> Templates:
        """Return the same with another template of a stack; what is equal is not read again."""
        new = Templates({**self.templates, stack: template})
        known = {id(resource.body): resource for resource in self.resources}
        new.resources = [known.get(id(resource.body), resource) for resource in new.resources]
        return new

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of some types ("EC2::Subnet")."""
        wanted = {f"AWS::{kind}" for kind in types}
        return [resource for resource in self.resources if resource.type in wanted]

    def target(self, stack: str, value: object) -> Resource | None:
        """Return the resource that a value refers to, in this stack or by import; None where it is no reference."""
        if not isinstance(value, Mapping):
            return None
        if "Fn::ImportValue" in value:
            return self.target(*self._exports.get(text(value["Fn::ImportValue"]), (stack, None)))
        name = value.get("Ref") or value.get("Fn::GetAtt") or ""
        return self._by_name.get((stack, name.partition(".")[0] if isinstance(name, str) else name[0]))

    def targets(self, stack: str, value: object) -> Iterator[Resource]:
        """Yield every resource that is referred to anywhere within a value."""
        found = self.target(stack, value)
        if found is not None:
            yield found
        elif isinstance(value, Mapping):
            for inner in value.values():
                yield from self.targets(stack, inner)
        elif isinstance(value, list):
            for inner in value:
                yield from self.targets(stack, inner)

    def is_a(self, kind: str, stack: str, value: object) -> bool:
        """Whether a value refers to one of our own resources of a type ("KMS::Key")."""
        found = self.target(stack, value)
        return found is not None and found.type == f"AWS::{kind}"


def text(value: object) -> str:
    """Return a value as text, with ${…} where CloudFormation puts in what is known at deployment.

    AWS::AccountId and its like read ${AWS.AccountId}, so that an ARN's colons stay its own.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        return json.dumps(value)
    ((function, argument),) = value.items()
    written = _WRITTEN.get(function)
    return written(argument) if written else json.dumps(value)


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "Fn::Join": lambda given: str(given[0]).join(text(part) for part in listed(given[1])),
    "Fn::Sub": lambda given: text(given[0] if isinstance(given, list) else given).replace("AWS::", "AWS."),
    "Ref": lambda name: f"${{{name.replace('::', '.')}}}",
    "Fn::GetAtt": lambda given: f"${{{given if isinstance(given, str) else '.'.join(map(text, given))}}}",
    "Fn::ImportValue": lambda name: f"${{{text(name)}}}",
    "Fn::Base64": lambda inner: text(inner),  # noqa: PLW0108  text is being defined
}


def walk(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield everything within a value with the keys that lead to it."""
    yield path, value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from walk(inner, (*path, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, path)


def listed(value: object) -> list[Any]:
    """Return what stands where a template takes one or several; nothing for None."""
    return [] if value is None else value if isinstance(value, list) else [value]


def is_true(value: object) -> bool:
    """Whether a template says yes."""
    return str(value).lower() == "true"
