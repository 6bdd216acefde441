"""People as `users.info` knows them: whether a person can press buttons at all, and whose colleague the person is.

Lookups are cached, and a caller waits for them for a bounded time. A lookup that takes longer goes on, so that its
result is there for the next caller. After a failure no lookup is made for the connection for a while.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeAlias
from uuid import UUID

from cachetools import TLRUCache, TTLCache

from bridge import ids
from bridge.logs import Log
from bridge.slack.client import NoSuchPerson, Person
from bridge.slack.connections import Installations
from bridge.slack.errors import Broken, RetryAfter, SlackFailure
from storage.model import Connection

_log = Log("people")

LOOKUP_SECONDS: Final = 1.0  # that a click or a post waits for lookups
_SECONDS = 600.0  # for which a person is remembered
_SECONDS_UNABLE = 30.0  # as above, for a person who can be activated, or come to be seen by the app
_SECONDS_BROKEN = 60.0  # without lookups after Slack refused the token or its scopes
_SECONDS_FAILED = 5.0  # as above, after another failure
_MAX_REMEMBERED = 10_000
_SLOTS = 8  # lookups of one connection in flight; the session of all calls has more connections than this
_MAX_WAITING = 200  # lookups of one connection that wait or are in flight; more are not made

_Key: TypeAlias = tuple[UUID, str]


def _until(_key: _Key, found: Person | NoSuchPerson, now: float) -> float:
    return now + (_SECONDS if isinstance(found, Person) and found.is_active else _SECONDS_UNABLE)


class People:
    """Looks people up for one replica."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations
        self._found: TLRUCache[_Key, Person | NoSuchPerson] = TLRUCache(maxsize=_MAX_REMEMBERED, ttu=_until)
        self._teams: TTLCache[_Key, bool] = TTLCache(maxsize=_MAX_REMEMBERED, ttl=_SECONDS)
        self._lookups: defaultdict[UUID, dict[str, asyncio.Task[None]]] = defaultdict(dict)
        self._slots: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_SLOTS))
        self._paused_until: dict[UUID, float] = {}

    async def find(
        self, connection_id: UUID, users: Iterable[str], *, seconds: float = LOOKUP_SECONDS
    ) -> Mapping[str, Person | NoSuchPerson]:
        """Look these people up, within so many seconds altogether. Those without an answer by then are left out."""
        users = list(users)
        missing = [user for user in users if (connection_id, user) not in self._found]
        lookups = [task for user in missing if (task := self._lookup(connection_id, user)) is not None]
        if lookups:
            await asyncio.wait(lookups, timeout=seconds)
        found = {user: self._found.get((connection_id, user)) for user in users}
        return {user: person for user, person in found.items() if person is not None}

    async def is_colleague(self, connection: Connection, user_id: str, team_id: str | None) -> bool | None:
        """Whether a person of this team, or of one that Slack did not name, belongs to the connection's enterprise.

        Also True for a person whose team turns out to be one of the connection's own. None without an answer of Slack.
        """
        if team_id is not None:
            if connection.enterprise_id is None or team_id == connection.enterprise_id:
                return connection.enterprise_id is not None
            if (known := self._teams.get((connection.id, team_id))) is not None:
                return known
        match (await self.find(connection.id, [user_id])).get(user_id):
            case None:
                return None
            case NoSuchPerson():
                return False
            case Person() as person:
                home = is_home(person, home_teams=connection.home_teams, enterprise_id=connection.enterprise_id)
                if team_id is not None:
                    self._teams[connection.id, team_id] = home
                return home

    def _lookup(self, connection_id: UUID, user: str) -> asyncio.Task[None] | None:
        """The lookup of this person, started unless it runs; None if none is made now."""
        lookups = self._lookups[connection_id]
        if user not in lookups:
            if self._is_paused(connection_id) or len(lookups) >= _MAX_WAITING:
                return None
            lookups[user] = asyncio.create_task(self._look_up(connection_id, user))
            lookups[user].add_done_callback(lambda _: lookups.pop(user, None))
        return lookups[user]

    async def _look_up(self, connection_id: UUID, user: str) -> None:
        client = await self._installations.client(connection_id)
        if isinstance(client, Broken):  # another replica has the token
            return
        async with self._slots[connection_id]:
            if self._is_paused(connection_id):
                return
            match await client.person(user):
                case Person() | NoSuchPerson() as found:
                    self._found[connection_id, user] = found
                case failure:
                    self._pause(connection_id, failure)

    def _pause(self, connection_id: UUID, failure: SlackFailure) -> None:
        match failure:
            case RetryAfter(seconds=float(asked)):
                seconds = asked
            case Broken():
                seconds = _SECONDS_BROKEN
            case _:
                seconds = _SECONDS_FAILED
        self._paused_until[connection_id] = asyncio.get_running_loop().time() + seconds
        _log.warning(
            "people_not_looked_up",
            connection=ids.encode("con", connection_id),
            code=failure.code,
            detail=failure.detail,
            seconds=round(seconds, 1),
            fix=failure.fix,
        )

    def _is_paused(self, connection_id: UUID) -> bool:
        return self._paused_until.get(connection_id, 0.0) > asyncio.get_running_loop().time()


def is_home(person: Person, *, home_teams: Collection[str], enterprise_id: str | None) -> bool:
    """Whether a person belongs to one of these workspaces, or to this enterprise."""
    teams = {person.team_id, person.enterprise_id, *person.teams} - {None}
    return not teams.isdisjoint({*home_teams, enterprise_id})
