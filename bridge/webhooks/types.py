"""What webhooks tell of: the type of an event, and which an endpoint gets that asked for none."""

from typing import Final, Literal, TypeAlias, get_args

Type: TypeAlias = Literal[
    "interaction.created",
    "interaction.posted",
    "interaction.answered",
    "interaction.expired",
    "interaction.cancelled",
    "interaction.superseded",
    "interaction.unreachable",
]

TYPES: Final[tuple[str, ...]] = get_args(Type)
TEST: Final = "webhook.test"  # sent when it is asked for, to whatever endpoint
