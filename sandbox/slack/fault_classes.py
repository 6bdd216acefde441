"""The classes of failure of a call to Slack, with the faults that cause each.

The classes are those by which a caller decides what to do next; the error words are Slack's own. The lists are not
complete: a fault takes any error word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sandbox.slack.faults import Fault, Kind
from sandbox.slack.model import Json


@dataclass(frozen=True, kw_only=True)
class FaultClass:
    """One class of failure: what it means for the caller, and its faults."""

    says: str
    words: tuple[str, ...] = ()  # Slack's error words
    applied: bool = False  # whether the call takes effect before it fails with one of these words
    others: tuple[Json, ...] = ()  # faults without an error word, as arguments of Fault

    def faults(self, *, on: str) -> list[Fault]:
        """Every fault of this class, for one method."""
        worded = [Fault(on=on, kind=Kind.ERROR, error=word, applied=self.applied) for word in self.words]
        return worded + [Fault(on=on, **{**other, "kind": Kind(other["kind"])}) for other in self.others]

    def as_json(self) -> Json:
        """The class with its faults in the form in which a script posts them."""
        after: Json = {"applied": True} if self.applied else {}
        worded: list[Json] = [{"fault": "error", "error": word, **after} for word in self.words]
        others = [{"fault" if name == "kind" else name: value for name, value in one.items()} for one in self.others]
        return {"says": self.says, "faults": worded + others}


CLASSES: Mapping[str, FaultClass] = MappingProxyType(
    {
        "rate limited": FaultClass(
            says="too fast; nothing was done, and it says when to come back, or does not",
            words=("ratelimited", "rate_limited"),
            others=(
                {"kind": "ratelimited", "retry_after": 1},
                {"kind": "ratelimited", "retry_after": None},
                {"kind": "ratelimited", "error": "rate_limited"},
            ),
        ),
        "not applied": FaultClass(
            says="nothing was done; the same call may succeed later",
            words=(
                "team_added_to_org",
                "org_login_required",
                "external_channel_migrating",
                "request_timeout",
                "service_unavailable",
                "message_limit_exceeded",
            ),
        ),
        "ambiguous, not applied": FaultClass(
            says="nobody can tell from the answer; it was not done",
            words=("internal_error", "fatal_error"),
            others=(
                {"kind": "drop_before"},
                *({"kind": "status", "status": status} for status in (500, 502, 503, 504)),
                {"kind": "html", "status": 503},
                {"kind": "html", "status": 200},
            ),
        ),
        "ambiguous, applied": FaultClass(
            says="nobody can tell from the answer; it was done",
            words=("internal_error", "fatal_error"),
            applied=True,
            others=(
                {"kind": "drop_after"},
                {"kind": "slow", "seconds": 30.0},
                {"kind": "empty"},
                {"kind": "text"},
                {"kind": "truncated"},
                *({"kind": "status", "status": status, "applied": True} for status in (500, 502, 503, 504)),
                {"kind": "html", "status": 503, "applied": True},
            ),
        ),
        "installation dead": FaultClass(
            says="no call with this token will succeed any more",
            words=("invalid_auth", "account_inactive", "token_revoked", "not_authed", "token_expired"),
        ),
        "permission": FaultClass(
            says="somebody has to change what the app may do",
            words=(
                "missing_scope",
                "not_allowed_token_type",
                "no_permission",
                "access_denied",
                "ekm_access_denied",
                "team_access_not_granted",
                "accesslimited",
                "restricted_action",
                "restricted_action_read_only_channel",
                "restricted_action_thread_only_channel",
                "restricted_action_non_threadable_channel",
                "restricted_action_thread_locked",
                "messages_tab_disabled",
            ),
        ),
        "target gone": FaultClass(
            says="this channel, person or message will not take it",
            words=(
                "channel_not_found",
                "is_archived",
                "is_inactive",
                "not_in_channel",
                "user_not_found",
                "user_not_in_channel",
                "message_not_found",
                "thread_not_found",
                "cant_update_message",
                "edit_window_closed",
            ),
        ),
        "bad payload": FaultClass(
            says="this content will never be taken; a smaller or plainer one may be",
            words=(
                "invalid_blocks",
                "invalid_blocks_format",
                "msg_too_long",
                "msg_blocks_too_long",
                "invalid_arguments",
                "invalid_attachments",
                "too_many_attachments",
                "markdown_text_conflict",
                "metadata_too_large",
                "view_too_large",
            ),
        ),
        "modal race": FaultClass(
            says="the person was faster, or too slow; ask them to click again",
            words=(
                "expired_trigger_id",
                "exchanged_trigger_id",
                "invalid_trigger_id",
                "trigger_expired",
                "trigger_exchanged",
                "hash_conflict",
                "not_found",
                "push_limit_reached",
                "duplicate_external_id",
            ),
        ),
    }
)
