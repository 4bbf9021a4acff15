"""One account in one region: boto3, whose refusals become one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lode.errors import DeployError, NotFoundError, UsageError

_SIGN_IN = "sign in (`aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedForDependency"}
_ABSENT = {"ParameterNotFound", "NoSuchBucket", "ResourceNotFoundException", "ExecutionDoesNotExist", "NoSuchEntity"}


def _boto(service: str, region: str) -> Any:  # noqa: ANN401  boto3's clients have no type
    try:
        import boto3  # noqa: PLC0415  needs the extra `aws`
    except ImportError:
        raise UsageError("`lode deploy` needs `pip install 'lode-factors[aws]'`") from None
    return boto3.client(service, region_name=region)


@dataclass(frozen=True)
class Account:
    """What the deployment asks of AWS. Every method raises LodeError: NotFoundError for what does not exist."""

    region: str
    client: Callable[[str, str], Any] = _boto
    _clients: dict[str, Any] = field(default_factory=dict)

    def number(self) -> str:
        """Return the account's number; the first thing to ask, since it needs credentials and no right."""
        return str(self.ask("sts", "get_caller_identity")["Account"])

    def ask(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401  of the API
        """Call one action of one service."""
        answer: dict[str, Any] = self._guarded(service, action, lambda client: getattr(client, action)(**parameters))
        return answer

    def pages(self, service: str, action: str, key: str, **parameters: Any) -> list[Any]:  # noqa: ANN401
        """Return what stands under `key` of every page of an action's answer."""

        def listed(client: Any) -> list[Any]:  # noqa: ANN401
            answers = client.get_paginator(action).paginate(**parameters)
            return [row for answer in answers for row in answer.get(key, ())]

        return list(self._guarded(service, action, listed))

    def wait(self, service: str, state: str, **parameters: Any) -> None:  # noqa: ANN401
        """Wait until boto3's waiter of that name is content."""
        self._guarded(service, state, lambda client: client.get_waiter(state).wait(**parameters))

    def _guarded(self, service: str, action: str, call: Callable[[Any], Any]) -> Any:  # noqa: ANN401
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  comes with boto3

        try:
            if service not in self._clients:
                self._clients[service] = self.client(service, self.region)
            return call(self._clients[service])
        except ClientError as error:
            raise _refused(service, action, error.response["Error"]) from None
        except BotoCoreError as error:
            raise _unasked(service, action, error) from None


def _refused(service: str, action: str, told: dict[str, str]) -> DeployError | NotFoundError:
    code, message = told.get("Code", "?"), told.get("Message", "")
    called = f"{service}:{''.join(word.capitalize() for word in action.split('_'))}"
    if code in _EXPIRED:
        return DeployError(f"the credentials have expired ({code} at {called}): {_SIGN_IN}")
    if code in _UNKNOWN:
        return DeployError(f"AWS does not know these credentials ({code} at {called}): {_SIGN_IN}")
    if code in _DENIED:
        return DeployError(f"these credentials may not {called}: ask for that right ({message})")
    if code in _ABSENT or (code == "ValidationError" and "does not exist" in message):
        return NotFoundError(message or f"{called}: {code}")
    return DeployError(f"AWS refused {called}: {code}: {message}")


def _unasked(service: str, action: str, error: Exception) -> DeployError:
    kind = type(error).__name__
    if kind in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}:
        return DeployError(f"no credentials for AWS ({error}): {_SIGN_IN}")
    if "SSO" in kind or "Token" in kind or "Login" in kind:
        return DeployError(f"the sign-in has ended ({error}): {_SIGN_IN}")
    if kind == "WaiterError":
        return DeployError(f"waiting for {service} {action} failed: {error}; `lode deploy status` says where it stands")
    return DeployError(f"{service} cannot be asked for {action}: {error}")
