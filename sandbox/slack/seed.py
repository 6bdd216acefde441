"""The world at the start: one workspace, one app, five people, four channels."""

import secrets
import time
from collections.abc import Callable

from sandbox.slack.model import HOME, App, Channel, Installation, Person, Workspace
from sandbox.slack.world import World

TEAM = HOME
OTHER_TEAM = "T0OTHER"
BOT = "U0ASKBRIDGE"
ANA, BOB, CHO, GUS, SAM = "U0ANA", "U0BOB", "U0CHO", "U0GUS", "U0SAM"
SCOPES = (
    "chat:write",
    "im:write",
    "users:read",
    "channels:read",
    "groups:read",
    "im:read",
    "channels:history",
    "groups:history",
    "im:history",
)


def new_token() -> str:
    """A random bot token that Slack's clients accept, and that people recognize as one of the sandbox."""
    return f"xoxb-sandbox-{secrets.token_hex(16)}"


def new_secret() -> str:
    return secrets.token_hex(16)


def world(
    *,
    bot_token: str | None = None,
    signing_secret: str | None = None,
    now: Callable[[], float] = time.time,
    changed: Callable[[], None] = lambda: None,
) -> World:
    """Create a world. The bot token and the signing secret are random unless given."""
    started = World(people=_people(), channels=_channels(), now=now, changed=changed)
    app = App(id="A0ASKBRIDGE", name="askbridge", signing_secret=signing_secret or new_secret())
    installations = started.installations
    installations.add_workspace(Workspace(id=TEAM, name="Sandbox", domain="askbridge-sandbox"))
    installations.add_app(app)
    installations.install(
        Installation(
            app=app,
            team_id=TEAM,
            bot_id="B0ASKBRIDGE",
            bot_user_id=BOT,
            bot_token=bot_token or new_token(),
            scopes=SCOPES,
        )
    )
    return started


def _people() -> tuple[Person, ...]:
    return (
        Person(id=BOT, name="askbridge", real_name="askbridge", team_id=TEAM, color="4a154b", is_bot=True),
        Person(id=ANA, name="ana", real_name="Ana Lima", team_id=TEAM, color="9f69e7"),
        Person(id=BOB, name="bob", real_name="Bob Okafor", team_id=TEAM, color="4bbe2e"),
        Person(id=CHO, name="cho", real_name="Cho Min-seo", team_id=TEAM, color="e7392d"),
        Person(id=GUS, name="gus", real_name="Gus Berg", team_id=TEAM, color="3c989f", is_guest=True),
        Person(id=SAM, name="sam", real_name="Sam Rossi", team_id=OTHER_TEAM, color="d58247"),
    )


def _channels() -> tuple[Channel, ...]:
    return (
        Channel(
            id="C0APPROVALS",
            name="approvals",
            members=frozenset({BOT, ANA, BOB, CHO, SAM}),
            is_ext_shared=True,
        ),
        Channel(id="C0GENERAL", name="general", members=frozenset({BOT, ANA, BOB, CHO, GUS})),
        Channel(id="C0PRIVATE", name="private", members=frozenset({ANA, BOB}), is_private=True),
        Channel(id="C0ARCHIVE", name="archive", members=frozenset({BOT, ANA, BOB, CHO}), is_archived=True),
    )
