"""The routes of things of every noun."""

from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from bridge.agents.things.handlers import Things
from bridge.agents.things.operating import Operations
from bridge.agents.things.shared import Parts
from bridge.things.apis import APIS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(parts: Parts, guarded: Callable[[Handler], Handler]) -> Iterator[web.RouteDef]:
    """Every route, behind the guard that looks at the key."""
    for api in APIS.values():
        at, things, operations = f"/v1/{api.noun.plural}", Things(api, parts), Operations(api, parts)
        taken = [each.path.removeprefix("/") for each in api.operations if each.path and not each.has_id]
        taken += [each.path.removeprefix("/") for each in api.reports]
        one = f"{at}/{{id:(?!(?:{'|'.join(taken)})$)[^{{}}/]+}}" if taken else f"{at}/{{id}}"
        yield web.get(at, guarded(things.page))
        for operation in api.operations:
            path = one if operation.path == "/{id}" else f"{at}{operation.path}"
            yield web.route(operation.method, path, guarded(operations.operation(operation)))
        for report in api.reports:
            yield web.get(f"{at}{report.path}", guarded(things.report(report)))
        yield web.get(one, guarded(things.get))
        yield web.get(f"{at}/{{id}}/timeline", guarded(things.timeline))
        yield web.post(f"{at}/{{id}}/cards", guarded(operations.show))
        for nested in api.lists:
            yield web.get(f"{at}/{{id}}/{nested.name}", guarded(things.nested(nested)))
