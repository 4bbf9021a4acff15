"""One request to a model on Amazon Bedrock by its Converse API: the answer, or an error that says what failed.

Throttling → ThrottledForError; 5xx, no connection, a cut answer → SourceUnavailableError; a refusal → CollectError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lode.collect.http import ThrottledForError, retry_after
from lode.errors import CollectError, SettingsError, SourceUnavailableError, UsageError

_THROTTLES = {"ThrottlingException", "TooManyRequestsException", "ModelNotReadyException"}
_DENIALS = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
}


@dataclass(frozen=True)
class Reply:
    """A model's answer: its text, why it ended there, and the tokens of prompt and answer, 0 where that is not said.

    served: the model as the service calls it, "" where it does not.
    """

    text: str
    ended: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    served: str = ""


class Converse:
    """Asks one model; account and region come from the AWS chain. Shared by threads.

    purpose: what the model is for, in messages; setting: what names it; instead: what may be set to do without.
    Raises UsageError without boto3, SettingsError without a region.
    """

    def __init__(self, model: str, *, timeout: float, purpose: str, setting: str, instead: str = "") -> None:
        self._model, self._setting = model, setting
        self._instead = f", or {instead}" if instead else ""
        self._client = self._opened(timeout, purpose)

    def ask(self, text: str, *, system: str = "", **inference: float) -> Reply:
        """Ask once. inference: `maxTokens`, `temperature`, as Converse names them."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  see _opened

        instruction: dict[str, Any] = {"system": [{"text": system}]} if system else {}
        try:
            answer = self._client.converse(
                modelId=self._model,
                messages=[{"role": "user", "content": [{"text": text}]}],
                inferenceConfig=inference,
                **instruction,
            )
        except ClientError as error:
            raise self._explained(error) from error
        except BotoCoreError as error:
            raise self._unreached(error) from error
        return self._read(answer)

    def _read(self, answer: dict[str, Any]) -> Reply:
        if "message" not in answer.get("output", {}):
            raise SourceUnavailableError(
                f"no answer from Bedrock's {self._model}: its reply has no message; try again later"
            )
        blocks, usage = answer["output"]["message"].get("content", []), answer.get("usage", {})
        return Reply(
            "".join(block.get("text", "") for block in blocks),
            str(answer.get("stopReason", "")),
            int(usage.get("inputTokens", 0)),
            int(usage.get("outputTokens", 0)),
        )

    def _explained(self, error: Any) -> CollectError:  # noqa: ANN401  botocore has no types
        code, said = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        reply = error.response.get("ResponseMetadata", {})
        status = reply.get("HTTPStatusCode", 0)
        if code in _THROTTLES or status == 429:
            wait = retry_after(reply.get("HTTPHeaders", {}), datetime.now(UTC))
            return ThrottledForError(f"Bedrock throttles ({code}: {said}); try again later or ask for a quota", wait)
        if code in _DENIALS or status in (401, 403):
            return CollectError(
                f"Bedrock refused {self._model} ({code}: {said}); see the AWS credentials and what the account may use"
            )
        if status >= 500:
            return SourceUnavailableError(f"Bedrock failed with status {status} ({code}: {said}); try again later")
        return CollectError(f"Bedrock refused the request for {self._model} ({code}: {said}); see {self._setting}")

    def _unreached(self, error: Exception) -> CollectError | SettingsError:
        from botocore.exceptions import NoCredentialsError, PartialCredentialsError  # noqa: PLC0415  see _opened

        if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
            return SettingsError(f"Bedrock needs AWS credentials ({error}); see `aws configure`{self._instead}")
        return SourceUnavailableError(f"no answer from Bedrock: {error}")

    def _opened(self, timeout: float, purpose: str) -> Any:  # noqa: ANN401  boto3 makes its clients' classes at run time
        try:
            import boto3  # noqa: PLC0415  only this needs the extra that brings it
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import NoRegionError  # noqa: PLC0415
        except ImportError as error:
            raise UsageError(f"{purpose} by Bedrock needs {error.name}: pip install 'lode-factors[aws]'") from error
        once = Config(  # with_retries asks again
            retries={"total_max_attempts": 1}, connect_timeout=timeout, read_timeout=timeout
        )
        try:
            return boto3.client("bedrock-runtime", config=once)
        except NoRegionError as error:
            raise SettingsError(f"Bedrock needs a region: set AWS_DEFAULT_REGION{self._instead}") from error
