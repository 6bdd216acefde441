"""The table of Slack's error strings: what each means for the bridge, and what a person can do about it.

A string that is neither in the table nor of a family in it is given up as `slack_error`: Slack understood the request
and refused it, so nothing was applied, and the same request will be refused again. Retrying until the deadline would
keep an agent waiting a day for a reason that can be returned, with Slack's own error string, at once.

A wrong `BROKEN` stops all cards of a workspace, a wrong `GIVE_UP` one card: if in doubt, it is `GIVE_UP`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final


class Meaning(Enum):
    """What an error means for the request, the card and the connection."""

    LIMITED = auto()  # rate limited; nothing was applied, and Slack says when to retry
    NOT_NOW = auto()  # nothing was applied; a retry may succeed
    UNKNOWN = auto()  # the request may have been applied, or a part of it
    GIVE_UP = auto()  # this request will never succeed
    BAD_BLOCKS = auto()  # Slack will never accept this form of the card, but perhaps a plainer one
    BROKEN = auto()  # no request of this installation will succeed until a person repairs it


@dataclass(frozen=True, slots=True)
class Row:
    """Error strings with one meaning; `code` is the bridge's own, part of the API, and never changes."""

    meaning: Meaning
    code: str
    fix: str
    errors: tuple[str, ...]


WAIT: Final = "No action needed: the bridge tries again automatically."

LIMITED: Final = Row(
    Meaning.LIMITED,
    "rate_limited",
    "No action needed: the bridge tries again when the pause is over. Ask urgent questions in another channel.",
    ("ratelimited", "rate_limited"),
)
"""Slack asked for a pause."""

OTHER: Final = Row(Meaning.GIVE_UP, "slack_error", "Look up the error in Slack's documentation, or report it.", ())
"""The meaning of an unknown string."""

_INVITE = "Invite the app to the channel: type /invite and its name there."
_REPORT = "This is a bug in this release; please report it with its detail."
_SHORTEN = "Shorten or simplify the question, and ask again."
_AGAIN = "Click the button again."

ROWS: Final = (
    LIMITED,
    Row(
        Meaning.NOT_NOW,
        "slack_unavailable",
        WAIT,
        ("request_timeout", "message_limit_exceeded", "streaming_state_conflict"),
    ),
    Row(
        Meaning.NOT_NOW,
        "workspace_moving",  # into an Enterprise organization, or between two of them; Slack says to try again
        WAIT,
        ("team_added_to_org", "org_login_required", "external_channel_migrating"),
    ),
    Row(
        Meaning.UNKNOWN,
        "slack_unavailable",
        WAIT,
        ("internal_error", "fatal_error", "service_unavailable", "update_failed"),
    ),
    Row(
        Meaning.BROKEN,
        "token_refused",
        "Copy the Bot User OAuth Token (page OAuth & Permissions) again into ASKBRIDGE_SLACK_BOT_TOKEN, and restart "
        "the replica. If Slack refuses that too, reinstall the app; if the workspace allows only some IP addresses, "
        "add the bridge's.",
        ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "invalid_refresh_token"),
    ),
    Row(
        Meaning.BROKEN,
        "scope_missing",
        "Add the scope to the app under OAuth & Permissions, and reinstall the app.",
        ("missing_scope",),
    ),
    Row(
        Meaning.BROKEN,
        "token_of_wrong_kind",
        "Use the app's bot token, which starts with xoxb-.",
        ("not_allowed_token_type",),
    ),
    Row(
        Meaning.BROKEN,
        "network_refused",
        "Ask an administrator of the workspace to allow the bridge's IP address.",
        ("accesslimited",),
    ),
    Row(
        Meaning.BROKEN,
        "two_factor_required",
        "The person who installed the app must set up two-factor authentication in Slack.",
        ("two_factor_setup_required",),
    ),
    Row(Meaning.GIVE_UP, "not_in_channel", _INVITE, ("not_in_channel", "no_permission")),
    Row(
        Meaning.GIVE_UP,
        "channel_not_found",
        "Check the channel's id; if the channel is private, invite the app: type /invite and its name there.",
        ("channel_not_found",),
    ),
    Row(
        Meaning.GIVE_UP,
        "channel_archived",
        "Unarchive the channel, or ask in another one.",
        ("is_archived", "is_inactive"),
    ),
    Row(
        Meaning.GIVE_UP,
        "posting_restricted",
        "Ask an administrator of the workspace to let the app post there, or ask in another channel.",
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "restricted_action_thread_locked",
            "ekm_access_denied",
        ),
    ),
    Row(
        Meaning.GIVE_UP,
        "messages_tab_off",
        "Turn on the Messages tab of the app under App Home, so that it can write to people.",
        ("messages_tab_disabled",),
    ),
    Row(Meaning.GIVE_UP, "home_tab_off", "Turn on the Home tab of the app under App Home.", ("not_enabled",)),
    Row(
        Meaning.GIVE_UP,
        "thread_not_found",
        "Check thread_ts: it is the ts of the thread's first message.",
        ("thread_not_found", "cannot_reply_to_message"),
    ),
    Row(
        Meaning.GIVE_UP,
        "user_not_found",
        "Check the person's id, and that the person is active in this workspace.",
        ("user_not_found", "user_not_visible", "user_disabled", "not_enough_users", "too_many_users"),
    ),
    # Slack has no error string for the next three: `users.info` describes such a person.
    Row(
        Meaning.GIVE_UP, "user_deactivated", "Ask a person with an active account, or have the account reactivated.", ()
    ),
    Row(Meaning.GIVE_UP, "user_is_bot", "Ask a person: bots and apps cannot click buttons.", ()),
    Row(
        Meaning.GIVE_UP,
        "user_is_outsider",
        'Ask a person from this organization, or allow others with "outsiders": "allow" in `responders`.',
        (),
    ),
    Row(
        Meaning.GIVE_UP,
        "user_not_in_channel",
        "Invite the person to the channel, or send the question to them directly.",
        ("user_not_in_channel",),
    ),
    Row(Meaning.GIVE_UP, "group_not_found", "Check the user group's id.", ("no_such_subteam",)),
    Row(
        Meaning.GIVE_UP,
        "workspace_not_granted",
        "Ask an administrator of the organization to add the app to this workspace.",
        ("team_access_not_granted", "team_not_found", "forbidden_team", "enterprise_is_restricted"),
    ),
    Row(
        Meaning.GIVE_UP,
        "access_denied",
        "Ask an administrator of the workspace what the app may do there.",
        ("access_denied",),
    ),
    Row(Meaning.GIVE_UP, "card_gone", "The message was deleted; ask again.", ("message_not_found",)),
    Row(
        Meaning.GIVE_UP,
        "card_frozen",
        "Slack no longer allows changes to the message; it may be out of date.",
        (
            "cant_update_message",
            "edit_window_closed",
            "block_mismatch",
            "cant_delete_message",
            "compliance_exports_prevent_deletion",
        ),
    ),
    Row(
        Meaning.BAD_BLOCKS,
        "card_refused",
        _SHORTEN,
        (
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_attachments",
            "only_one_table_allowed",
            "no_text",
            "markdown_text_conflict",
            "invalid_arguments",
            "metadata_too_large",
            "metadata_must_be_sent_from_app",
            "invalid_metadata_format",
            "invalid_metadata_schema",
        ),
    ),
    Row(
        Meaning.BAD_BLOCKS,
        "card_too_long",
        _SHORTEN,
        ("msg_too_long", "msg_blocks_too_long", "too_many_attachments", "view_too_large"),
    ),
    Row(
        Meaning.GIVE_UP,
        "form_expired",
        _AGAIN,
        (
            "expired_trigger_id",
            "trigger_expired",
            "exchanged_trigger_id",
            "trigger_exchanged",
            "invalid_trigger_id",
            "hash_conflict",
            "not_found",
        ),
    ),
    Row(
        Meaning.GIVE_UP,
        "too_many_forms",
        "Close open forms, and click the button again.",
        ("push_limit_reached", "duplicate_external_id"),
    ),
    Row(
        Meaning.GIVE_UP,
        "install_refused",
        "Restart the installation from the bridge; check the app's client id, client secret and redirect URL.",
        (
            "invalid_code",
            "bad_redirect_uri",
            "bad_client_secret",
            "invalid_client_id",
            "invalid_grant_type",
            "cannot_install_an_org_installed_app",
            "client_id_token_mismatch",
        ),
    ),
    Row(
        Meaning.GIVE_UP,
        "request_refused",
        _REPORT,
        (
            "invalid_arg_name",
            "invalid_array_arg",
            "invalid_charset",
            "invalid_form_data",
            "invalid_post_type",
            "missing_post_type",
            "missing_args",
            "method_deprecated",
            "deprecated_endpoint",
            "unknown_method",
            "insecure_request",
            "invalid_cursor",
            "users_list_not_supplied",
            "duplicate_message_not_found",
            "duplicate_channel_not_found",
        ),
    ),
)

_BY_ERROR: Final[Mapping[str, Row]] = MappingProxyType({error: row for row in ROWS for error in row.errors})

_FAMILIES: Final = (
    # Slack adds strings to these families without announcing them. Each is (prefix, the string it is treated as).
    ("restricted_action", "restricted_action"),
    ("invalid_blocks", "invalid_blocks"),
    ("invalid_metadata_", "invalid_metadata_format"),
    ("metadata_", "metadata_too_large"),
    ("invalid_ts_", "invalid_cursor"),
)


def find(error: str) -> Row | None:
    """Return the row of an error string, or of its family; None if the table has neither."""
    if error in _BY_ERROR:
        return _BY_ERROR[error]
    return next((_BY_ERROR[like] for family, like in _FAMILIES if error.startswith(family)), None)


def fix(code: str) -> str:
    """Return what a person can do about a reason with this code of the table."""
    return next(row.fix for row in ROWS if row.code == code)
