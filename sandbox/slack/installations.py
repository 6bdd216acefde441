"""The workspaces, apps and installations of a sandbox: found by token or by bot, each with its workspaces."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.slack.model import App, Enterprise, Installation, Workspace


class IdTaken(Exception):
    """The id, bot, token or place of a new row is in use already; the message names it."""


class Installations:
    """Every enterprise, workspace, app and installation of one sandbox, in the order in which they were added."""

    def __init__(self, *, changed: Callable[[], None]) -> None:
        self.enterprises: dict[str, Enterprise] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.apps: dict[str, App] = {}
        self._by_bot: dict[str, Installation] = {}
        self._changed = changed

    @property
    def all(self) -> tuple[Installation, ...]:
        return tuple(self._by_bot.values())

    def with_token(self, token: str | None) -> Installation | None:
        return next((one for one in self._by_bot.values() if one.bot_token == token), None)

    def of_bot(self, user_id: str) -> Installation | None:
        """The installation of this bot. It may edit the bot's messages, and clicks on them go to its app."""
        return self._by_bot.get(user_id)

    def enterprise_of(self, team_id: str) -> str | None:
        """The id of the workspace's enterprise; None for a workspace without one, or an unknown workspace."""
        workspace = self.workspaces.get(team_id)
        return None if workspace is None else workspace.enterprise_id

    def workspaces_of(self, installation: Installation) -> list[Workspace]:
        return [self.workspaces[team_id] for team_id in installation.team_ids]

    def is_closed_to(self, installation: Installation, team_id: str) -> bool:
        """Whether this is a workspace of the installation's enterprise that was not granted to an org-wide app."""
        inside = installation.is_org_wide and self.enterprise_of(team_id) == installation.enterprise_id
        return inside and team_id not in installation.team_ids

    def is_foreign(self, team_id: str, *, to: Installation) -> bool:
        """Whether this is neither a workspace of the installation nor another one of the same enterprise."""
        same_organization = to.enterprise_id is not None and self.enterprise_of(team_id) == to.enterprise_id
        return team_id not in (*to.team_ids, to.place) and not same_organization

    def add_enterprise(self, enterprise: Enterprise) -> None:
        """Add an enterprise; one that is there already stays as it is, since each of its workspaces may name it."""
        if enterprise.id not in self.enterprises:
            self.enterprises[enterprise.id] = enterprise
            self._changed()

    def add_workspace(self, workspace: Workspace) -> None:
        if workspace.id in self.workspaces:
            raise IdTaken(workspace.id)
        self.workspaces[workspace.id] = workspace
        self._changed()

    def add_app(self, app: App) -> None:
        if app.id in self.apps:
            raise IdTaken(app.id)
        self.apps[app.id] = app
        self._changed()

    def install(self, installation: Installation) -> None:
        """Add an installation. Raises IdTaken if its bot or token is in use, or the app is already installed there."""
        for other in self._by_bot.values():
            if other.bot_user_id == installation.bot_user_id or other.bot_token == installation.bot_token:
                raise IdTaken(installation.bot_user_id)
            if (other.id, other.place) == (installation.id, installation.place):
                raise IdTaken(f"{installation.id} in {installation.place}")
        self._by_bot[installation.bot_user_id] = installation
        self._changed()

    def change(self, installation: Installation, **changes: Any) -> Installation:
        changed = replace(installation, **changes)
        self._by_bot[installation.bot_user_id] = changed
        self._changed()
        return changed
