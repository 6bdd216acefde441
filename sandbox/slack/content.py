"""The content of a message: parsed from an app's arguments, validated, and completed with Slack's defaults."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.slack import limits
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.validator import message as validator
from sandbox.slack.validator.elements import INTERACTIVE
from sandbox.slack.validator.rules import Problem

MAX_ATTACHMENTS = 100
MAX_POSTED_TEXT = 40_000  # Slack silently cuts off the rest
MAX_MARKDOWN = 12_000
MAX_METADATA = 16 * 1024  # bytes of JSON; undocumented
# What Slack adds to an image that it stores. The sandbox fetches no images, so that each is as large as any other.
_IMAGE_SIZE = {"fallback": "512x512px image", "image_width": 512, "image_height": 512, "image_bytes": 16_384}
NO_PREVIEW = "[no preview available]"  # what Slack adds to an attachment without a `fallback`
NOT_DISPLAYABLE = "This content can't be displayed."  # Slack's text for blocks that came without one


@dataclass(frozen=True, kw_only=True)
class Content:
    """The parts of a message in a call's arguments; None for a part that was not given."""

    text: str | None
    blocks: tuple[Json, ...] | None
    attachments: tuple[Json, ...] | None
    metadata: Json | None

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.blocks and not self.attachments

    @property
    def text_to_post(self) -> str:
        return self.text or (NOT_DISPLAYABLE if self.blocks else "")


def read(arguments: Mapping[str, Any]) -> Content:
    """Parse and validate the content; raises SlackError with Slack's error for anything Slack would refuse."""
    given = _markdown(arguments) if arguments.get("markdown_text") else arguments.get("text")
    return Content(
        text=None if given is None else str(given)[:MAX_POSTED_TEXT],
        blocks=_blocks(arguments.get("blocks")),
        attachments=_attachments(arguments.get("attachments")),
        metadata=_metadata(arguments.get("metadata")),
    )


def refusal(problems: list[Problem], *, error: str = "invalid_blocks") -> SlackError:
    """Slack's error for violations of Block Kit's rules."""
    sentences = [str(problem) for problem in problems]
    messages = [f"[ERROR] {sentence}" for sentence in sentences] + limits.notes(problems)
    return SlackError(error, errors=sentences, response_metadata={"messages": messages})


def completed(blocks: list[Json]) -> tuple[Json, ...]:
    """Blocks as Slack stores them: with a block_id each, and with the default flags of their texts filled in."""
    return tuple({**_completed(block), "block_id": block.get("block_id") or _new_id()} for block in blocks)


def text(given: Json) -> Json:
    """A text object as Slack stores it, with its default flag."""
    completed: Json = _completed(given)
    return completed


def _markdown(arguments: Mapping[str, Any]) -> str:
    """The `markdown_text` argument, which excludes text and blocks; it is stored unchanged."""
    if arguments.get("text") or arguments.get("blocks"):
        raise SlackError("markdown_text_conflict")
    markdown = str(arguments["markdown_text"])
    if len(markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    return markdown


def _blocks(given: Any) -> tuple[Json, ...] | None:
    if given is None or given == "":
        return None
    if not isinstance(given, list) or not all(isinstance(block, dict) for block in given):
        raise SlackError("invalid_blocks_format")
    if problems := validator.problems(given):
        raise refusal(problems)
    if validator.characters(given) > validator.MAX_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return completed(given)


def _attachments(given: Any) -> tuple[Json, ...] | None:
    if given is None or given == "":
        return None
    if not isinstance(given, list) or not all(isinstance(attachment, dict) for attachment in given):
        raise SlackError("invalid_attachments")
    if len(given) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return tuple({"id": number, "fallback": NO_PREVIEW, **one} for number, one in enumerate(given, start=1))


def _metadata(given: Any) -> Json | None:
    if given is None or given == "":
        return None
    if not isinstance(given, dict):
        raise SlackError("invalid_metadata_format")
    is_whole = isinstance(given.get("event_type"), str) and isinstance(given.get("event_payload"), dict)
    if given and not is_whole:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(given, ensure_ascii=False).encode()) > MAX_METADATA:
        raise SlackError("metadata_too_large")
    return given


def _completed(value: Any) -> Any:
    if isinstance(value, list):
        return [_completed(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("type"):
        case "plain_text":
            return {**value, "emoji": value.get("emoji", True)}
        case "mrkdwn":
            return {**value, "verbatim": value.get("verbatim", False)}
        case kind if kind in INTERACTIVE:
            value = {**value, "action_id": value.get("action_id") or _new_id()}
        case "image" if "image_url" in value:
            value = {**_IMAGE_SIZE, **value}
    return {name: _completed(inner) for name, inner in value.items()}


def _new_id() -> str:
    return secrets.token_urlsafe(4)[:5]
