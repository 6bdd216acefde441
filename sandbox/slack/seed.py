"""The world at the start, as a seed file in TOML describes it: workspaces with people and channels, and apps.

A seed file has three lists, whose tables are what the control API's routes of the same names take.
"""

import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.slack import app_rows, workspace_rows
from sandbox.slack.errors import RefusedError
from sandbox.slack.fields import Fields
from sandbox.slack.ids import UsedIds
from sandbox.slack.model import Workspace
from sandbox.slack.world import World

BUILT_IN = Path(__file__).parent / "seed.toml"
_LISTS = ("workspaces", "apps", "installations")


class SeedError(Exception):
    """A seed file cannot be read, or describes no possible world; the message names file, place and mistake."""


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A world, and the request URLs of its apps by their ids."""

    world: World
    request_urls: Mapping[str, tuple[str, ...]]


def read(
    path: Path = BUILT_IN,
    *,
    bot_token: str | None = None,
    signing_secret: str | None = None,
    now: Callable[[], float] = time.time,
    changed: Callable[[], None] = lambda: None,
) -> Seed:
    """Create the world that the file describes. Raises SeedError.

    `bot_token` and `signing_secret` replace those of the first installation and its app.
    """
    world = World(now=now, changed=changed)
    try:
        file = Fields(tomllib.loads(path.read_text(encoding="utf-8")), known=_LISTS)
        for name in _LISTS:
            if not file.raw(name):
                raise file.refused(name, "is missing: a sandbox starts with at least one")
        request_urls = _fill(world, file)
    except OSError as error:
        raise SeedError(f"The seed file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SeedError(f"The seed file {path} is not UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SeedError(f"The seed file {path} is not TOML: {error}.") from None
    except RefusedError as error:
        raise SeedError(f"The seed file {path}: {error.detail}.") from None
    _replace_secrets(world, bot_token=bot_token, signing_secret=signing_secret)
    return Seed(world=world, request_urls=request_urls)


def _fill(world: World, file: Fields) -> dict[str, tuple[str, ...]]:
    used = UsedIds(())
    workspaces: list[tuple[Fields, Workspace]] = []
    for fields in file.each("workspaces", known=workspace_rows.WORKSPACE):
        enterprise = workspace_rows.read_enterprise(fields)
        if enterprise is not None:
            world.installations.add_enterprise(enterprise)
        workspace = workspace_rows.read_workspace(fields, enterprise, used=used)
        world.installations.add_workspace(workspace)
        workspaces.append((fields, workspace))
    for fields, workspace in workspaces:
        for person in workspace_rows.read_people(fields, workspace, used=used):
            world.add_person(person)
    for fields, workspace in workspaces:  # after all people: a shared channel has members of several workspaces
        for channel in workspace_rows.read_channels(fields, workspace, known=set(world.people), used=used):
            world.add_channel(channel)
    request_urls: dict[str, tuple[str, ...]] = {}
    for fields in file.each("apps", known=app_rows.APP):
        app = app_rows.read_app(fields, used=used)
        world.installations.add_app(app)
        request_urls[app.id] = fields.optional_texts("request_urls")
    for fields in file.each("installations", known=app_rows.INSTALLATION):
        app_rows.install(fields, world, used=used)
    return request_urls


def _replace_secrets(world: World, *, bot_token: str | None, signing_secret: str | None) -> None:
    """Give the first installation this token, and its app this secret, wherever the app is installed."""
    if signing_secret is not None:
        app = replace(world.app.app, signing_secret=signing_secret)
        world.installations.apps[app.id] = app
        for installation in world.installations.all:
            if installation.id == app.id:
                world.installations.change(installation, app=app)
    if bot_token is not None:
        world.installations.change(world.app, bot_token=bot_token)
