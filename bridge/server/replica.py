"""One replica as a value: `build` puts its parts together from resources and settings; `lifecycle.run` starts it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bridge import http_connection
from bridge.agents import routes
from bridge.agents.http.problem_details import problem_details_except
from bridge.agents.limits.limit_values import Limits
from bridge.agents.options import API_DEFAULTS, ApiOptions
from bridge.loops.runner import Loop
from bridge.server import assembly, loop_schedule
from bridge.server.assembly import Parts, SharedState
from bridge.server.config import Settings
from bridge.server.degraded import Degraded
from bridge.server.fd_limit import Allotment
from bridge.server.health import Health
from bridge.server.loop_schedule import Intervals
from bridge.server.metrics_endpoint import MetricsEndpoint
from bridge.server.resources import Resources
from bridge.slack.connections import TOKEN_NOT_SET
from bridge.slack.errors import SlackFailure
from bridge.slack.inbound import MAX_BYTES, PATH, READ_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """Everything of one replica, built and not started."""

    settings: Settings
    resources: Resources
    state: SharedState
    parts: Parts
    loops: tuple[Loop, ...]
    metrics_endpoint: MetricsEndpoint
    web_app: web.Application  # for agents, for Slack and for health checks


def build(
    settings: Settings,
    resources: Resources,
    allotment: Allotment,
    *,
    state: SharedState | None = None,
    intervals: Intervals = loop_schedule.DEFAULTS,
    limits: Limits | None = None,
    api: ApiOptions = API_DEFAULTS,
    read_seconds: float = READ_SECONDS,
    chance: Callable[[], float] = random.random,
) -> Replica:
    """Put a replica together, without I/O; call it in the event loop that is to run the replica.

    `state` is new, and `limits` are those of the settings, unless given. `api` is how long parts of the API wait, and
    how much of a feed they keep. `read_seconds` is how long the body of a request from Slack may take. `chance`
    returns numbers from 0 to 1, which spread the retries of deliveries.
    """
    state, limits = state or SharedState(), limits or settings.limits
    parts = assembly.assemble(
        settings, resources, allotment, state, limits=limits, api=api, read_seconds=read_seconds, chance=chance
    )
    db, notifier = resources.db, state.notifier
    required = loop_schedule.required(parts, db, notifier, intervals)
    loops = (*required, *loop_schedule.others(parts, db, notifier, intervals))
    degraded = Degraded(
        db=db,
        wrong_signatures=lambda: parts.inbound.wrong_in_a_row,
        token_failure=lambda: _token_failure(parts, state),
    )
    health = Health(db=db, loops=required, stopping=state.stopping, degraded=degraded)
    return Replica(
        settings=settings,
        resources=resources,
        state=state,
        parts=parts,
        loops=loops,
        metrics_endpoint=_metrics_endpoint(parts, resources, state, loops, degraded),
        web_app=_web_app(parts, resources, state, limits, api, health),
    )


def _token_failure(parts: Parts, state: SharedState) -> SlackFailure | None:
    """Why this replica cannot call Slack; None if it can, or does not know yet."""
    if parts.installation is None:
        return TOKEN_NOT_SET
    return parts.installation.failure or state.installations.failure


def _metrics_endpoint(
    parts: Parts, resources: Resources, state: SharedState, loops: tuple[Loop, ...], degraded: Degraded
) -> MetricsEndpoint:
    return MetricsEndpoint(
        metrics=state.metrics,
        pools={"replica": resources.db, "claims": resources.claims},
        loops=loops,
        notifier=state.notifier,
        streams=parts.streams,
        served=lambda: state.installations.served,
        degraded=degraded.counts,
    )


def _web_app(
    parts: Parts, resources: Resources, state: SharedState, limits: Limits, api: ApiOptions, health: Health
) -> web.Application:
    """The application with every route but that of the metrics, which has a port of its own."""
    middlewares = [parts.limiter.attend, problem_details_except(PATH)]
    web_app = web.Application(middlewares=middlewares, client_max_size=MAX_BYTES)
    web_app.on_response_prepare.append(http_connection.hide_software)
    agents = routes.routes(
        db=resources.db,
        reader=parts.reader,
        notifier=state.notifier,
        streams=parts.streams,
        concurrency=parts.concurrency,
        open_keys=parts.open_keys,
        webhooks=parts.webhooks,
        limits=limits,
        metrics=state.metrics,
        options=api,
    )
    web_app.on_response_prepare.append(state.stopping.release_connection)
    web_app.add_routes([web.post(PATH, parts.inbound.handle), *agents, *health.routes()])
    return web_app
