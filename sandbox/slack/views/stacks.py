"""The views that people have open, in stacks of at most three; the topmost view of a stack is the one in use."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Installation, Json
from sandbox.slack.views.model import Key, View, values_of
from sandbox.slack.views.triggers import Triggers
from sandbox.slack.world import World

MAX_STACK = 3


class Views:
    """Every open view. Each change gives a view a new hash and calls `changed` once.

    A closed view is forgotten; its external_id may be used again.
    """

    def __init__(self, *, world: World, now: Callable[[], float], changed: Callable[[], None] = lambda: None) -> None:
        self.triggers = Triggers(now=now, new_ts=world.new_ts)
        self._world = world
        self._now = now
        self._changed = changed
        self._views: dict[str, View] = {}  # in the order in which they were opened
        self._stacks: dict[str, list[str]] = {}  # by the id of the root, from the bottom up
        self._by_external_id: dict[tuple[str, str], str] = {}  # by place and external_id
        self._lost: set[str] = set()  # the roots of stacks that no client shows any more

    def find(self, view_id: str) -> View | None:
        return self._views.get(view_id)

    def with_external_id(self, external_id: str, *, installation: Installation) -> View | None:
        """The view with this external_id, which is unique in a workspace or organization, whatever app opened it."""
        return self._views.get(self._by_external_id.get((installation.place, external_id), ""))

    def of(self, user: str | None) -> list[View]:
        """The views that one person's client shows, or all clients show, the newest last."""
        return [view for view in self._views.values() if user in (None, view.user) and not self.is_lost(view)]

    def previous(self, view: View) -> str | None:
        """The id of the view below this one."""
        stack = self._stacks[view.root_id]
        place = stack.index(view.id)
        return stack[place - 1] if place else None

    def is_on_top(self, view: View) -> bool:
        return self._stacks[view.root_id][-1] == view.id

    def is_lost(self, view: View) -> bool:
        return view.root_id in self._lost

    def open(self, content: Json, *, installation: Installation, user: str, channel: str | None) -> View:
        """Open a new stack. Raises SlackError for an external_id in use."""
        view_id = _new_id()
        self._check_external_id(content, place=installation.place)
        self._stacks[view_id] = []
        return self._add(view_id, content, bot_user_id=installation.bot_user_id, user=user, root=view_id, at=channel)

    def push(self, content: Json, *, upon: View) -> View:
        """Put a view on top of the stack of `upon`; raises SlackError for a full stack or an external_id in use."""
        if len(self._stacks[upon.root_id]) >= MAX_STACK:
            raise SlackError("push_limit_reached")
        self._check_external_id(content, place=self._place(upon))
        return self._add(
            _new_id(), content, bot_user_id=upon.bot_user_id, user=upon.user, root=upon.root_id, at=upon.channel
        )

    def update(self, view: View, content: Json) -> View:
        """Replace the content. What was entered stays where block_id and action_id do."""
        self._check_external_id(content, place=self._place(view), but=view.id)
        values = values_of(content["blocks"], kept=view.values, channel=view.channel)
        return self._put(
            replace(view, content=content, values=values, earlier_values=view.values, errors={}, has_trouble=False)
        )

    def enter(self, view: View, values: dict[Key, Json]) -> View:
        """Change what some elements hold. This is the person's client, of which apps see no new hash."""
        entered = replace(view, values={**view.values, **values})
        self._views[view.id] = entered
        self._changed()
        return entered

    def show(self, view: View, *, errors: dict[str, str] | None = None, has_trouble: bool = False) -> View:
        """Show the errors of a submission, or that the app could not be reached, or neither any more."""
        shown = replace(view, errors=errors or {}, has_trouble=has_trouble)
        self._views[view.id] = shown
        self._changed()
        return shown

    def close(self, view: View) -> None:
        """Close one view of a stack."""
        stack = self._stacks[view.root_id]
        stack.remove(view.id)
        self._forget(view.id)
        if not stack:
            del self._stacks[view.root_id]
        self._changed()

    def clear(self, view: View) -> None:
        """Close all views of the stack of this one."""
        for view_id in self._stacks.pop(view.root_id):
            self._forget(view_id)
        self._changed()

    def lose(self, view: View) -> list[str]:
        """No longer show the stack of this view, but do not close it; returns the ids of its views."""
        self._lost.add(view.root_id)
        self._changed()
        return list(self._stacks[view.root_id])

    def _add(self, view_id: str, content: Json, *, bot_user_id: str, user: str, root: str, at: str | None) -> View:
        self._stacks[root].append(view_id)
        view = View(
            id=view_id,
            bot_user_id=bot_user_id,
            user=user,
            root_id=root,
            channel=at,
            content=content,
            hash="",
            values=values_of(content["blocks"], kept={}, channel=at),
        )
        return self._put(view)

    def _put(self, view: View) -> View:
        hashed = replace(view, hash=f"{int(self._now())}.{secrets.token_urlsafe(6)}")
        if view.id in self._views:
            self._by_external_id.pop((self._place(view), self._views[view.id].external_id), None)
        if view.external_id:
            self._by_external_id[self._place(view), view.external_id] = view.id
        self._views[view.id] = hashed
        self._changed()
        return hashed

    def _place(self, view: View) -> str:
        installation = self._world.installations.of_bot(view.bot_user_id)
        return installation.place if installation is not None else ""

    def _forget(self, view_id: str) -> None:
        view = self._views.pop(view_id)
        self._by_external_id.pop((self._place(view), view.external_id), None)

    def _check_external_id(self, content: Json, *, place: str, but: str | None = None) -> None:
        if self._by_external_id.get((place, content["external_id"]), but) != but:
            raise SlackError("duplicate_external_id")


def _new_id() -> str:
    return f"V0{secrets.token_hex(5).upper()}"
