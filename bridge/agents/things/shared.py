"""What the handlers of things of all nouns share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents.auth import auth
from bridge.agents.http import body
from bridge.agents.http.body import BodyReader
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import NOT_FOUND, ApiProblem
from bridge.agents.interactions.long_poll import LongPoll
from bridge.agents.limits.thing_quota import ThingQuota
from bridge.agents.things.turns import Turns
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.things import reading
from bridge.things.contract import Noun
from bridge.things.operations import NounApi
from bridge.webhooks.outgoing import Webhooks
from storage import json_text
from storage.pool import Database

_AT_ONCE = 25  # things of a list that one statement reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the handlers work with."""

    db: Database
    poll: LongPoll
    quota: ThingQuota
    notifier: Notifier
    webhooks: Webhooks
    metrics: Metrics
    turns: Turns
    read_body: BodyReader = body.read


async def id_of(db: Database, api: NounApi[Any], request: web.Request) -> UUID:
    """The thing that the path of a request names, by its made id or by the one that an agent gave it.

    Raises ApiProblem if it is neither, and Unavailable.
    """
    text = request.match_info["id"]
    if (id := ids.decode(api.noun.prefix, text)) is None and api.noun.has_names and re.fullmatch(ids.NAME, text):
        id = await within(api.noun.table.find(db, auth.key(request).organization_id, text))
    if id is None:
        raise no_such(api)
    return id


def no_such(api: NounApi[Any], detail: str | None = None) -> ApiProblem:
    """The problem of a request about a thing that does not exist."""
    return ApiProblem(NOT_FOUND, detail or f"No {api.words} of your organization has this id.")


async def written(
    db: Database, noun: Noun[Any], organization_id: UUID, found: Sequence[UUID], *, max_bytes: int | None = None
) -> tuple[list[str], UUID | None]:
    """Things as JSON, up to the one that brings them to `max_bytes`, and the last id that was read."""
    items: list[str] = []
    size, last = 0, None
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        resources = await within(reading.resources(db, noun, organization_id, some))
        for id in some:
            if max_bytes is not None and size >= max_bytes:
                return items, last
            last = id
            if (resource := resources.get(id)) is not None:
                items.append(json_text.dumps(resource, ensure_ascii=False))
                size += len(items[-1].encode())
    return items, last
