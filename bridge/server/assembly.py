"""The parts of one replica, each made from the resources, the settings and the parts that it needs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.agents.auth.open_keys import OpenKeys
from bridge.agents.events.streams import Streams
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.open_requests import ConcurrencyLimiter
from bridge.agents.options import ApiOptions
from bridge.connection_limit import ConnectionLimiter
from bridge.loops.call_slots import CallSlots
from bridge.loops.cards import Cards
from bridge.loops.deliveries import Deliveries
from bridge.loops.fanout import Fanout
from bridge.loops.notes import Notes
from bridge.loops.posting_pace import Pace
from bridge.loops.retention import Retention
from bridge.loops.serving import Serving
from bridge.loops.things import Things
from bridge.loops.unacknowledged import Unacknowledged
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.server.config import Settings
from bridge.server.fd_limit import Allotment
from bridge.server.resources import Resources
from bridge.server.stopping import Stopping
from bridge.slack.card_fallback import CardFallback
from bridge.slack.claims import Claims
from bridge.slack.clicks import Clicks
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.forms.back import FormPages
from bridge.slack.forms.notices import FormNotices
from bridge.slack.forms.opening import FormOpener
from bridge.slack.forms.pages import FullPages
from bridge.slack.forms.submissions import Submissions
from bridge.slack.inbound import Inbound
from bridge.slack.installation import Installation
from bridge.slack.message_cache import MessageCache
from bridge.slack.people import People
from bridge.slack.private_replies import PrivateReplies
from bridge.slack.receive import Receiver
from bridge.webhooks.outgoing import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedState:
    """What the parts of one replica share in memory; all of it may be lost."""

    notifier: Notifier = field(default_factory=Notifier)
    metrics: Metrics = field(default_factory=Metrics)
    installations: Installations = field(default_factory=Installations)
    message_cache: MessageCache = field(default_factory=MessageCache)
    expected: ExpectedEdits = field(default_factory=ExpectedEdits)
    stopping: Stopping = field(default_factory=Stopping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What does the work of one replica. The optional ones are None when the settings do not ask for them."""

    reader: Reader
    webhooks: Webhooks
    cards: Cards
    notes: Notes
    deliveries: Deliveries
    streams: Streams
    fanout: Fanout
    serving: Serving
    unacknowledged: Unacknowledged
    things: Things
    retention: Retention | None
    client: Client | None  # None: the settings have no bot token
    installation: Installation | None  # as `client`
    replies: PrivateReplies
    clicks: Clicks
    form_notices: FormNotices
    card_fallback: CardFallback
    receiver: Receiver
    inbound: Inbound
    limiter: ConnectionLimiter
    open_keys: OpenKeys
    concurrency: ConcurrencyLimiter


def assemble(
    settings: Settings,
    resources: Resources,
    allotment: Allotment,
    state: SharedState,
    *,
    limits: Limits,
    api: ApiOptions,
    read_seconds: float,
    chance: Callable[[], float],
) -> Parts:
    """Call every constructor once. Nothing is opened or started here."""
    db, notifier, metrics = resources.db, state.notifier, state.metrics
    reader = Reader(db=db, notifier=notifier, metrics=metrics)
    webhooks = Webhooks(keys=settings.webhook_keys, guard=settings.webhook_guard, sender=resources.sender)
    client = _client(settings, resources)
    people = People(state.installations)
    replies = PrivateReplies(http=resources.replies, installations=state.installations, metrics=metrics)
    claims = Claims(claims=resources.claims, people=people, metrics=metrics)
    clicks = _clicks(resources, state, reader, claims=claims, replies=replies)
    submissions = Submissions(claims=claims, db=db)
    pages = FullPages(claims=claims, db=db, installations=state.installations)
    form_pages = FormPages(claims=claims, db=db, installations=state.installations)
    receiver = Receiver(
        api_url=settings.slack_api_url, clicks=clicks, submissions=submissions, pages=pages, form_pages=form_pages
    )
    form_notices = FormNotices(db=db)
    open_keys = OpenKeys(db)
    pace, slots = Pace(), CallSlots()
    limiter = ConnectionLimiter(max_connections=allotment.connections)
    return Parts(
        reader=reader,
        webhooks=webhooks,
        cards=Cards(
            db=db,
            reader=reader,
            installations=state.installations,
            expected=state.expected,
            message_cache=state.message_cache,
            notifier=notifier,
            people=people,
            form_notices=form_notices,
            metrics=metrics,
            pace=pace,
            slots=slots,
        ),
        notes=Notes(
            db=db, installations=state.installations, notifier=notifier, metrics=metrics, pace=pace, slots=slots
        ),
        deliveries=Deliveries(
            db=db, reader=reader, notifier=notifier, webhooks=webhooks, metrics=metrics, chance=chance
        ),
        streams=Streams(
            db=db, reader=reader, notifier=notifier, open_keys=open_keys, times=api.streams, limits=api.feed
        ),
        fanout=Fanout(dsn=settings.direct_url, notifier=notifier, metrics=metrics),
        serving=Serving(db=db, installations=state.installations, notifier=notifier),
        unacknowledged=Unacknowledged(db=db, notifier=notifier, metrics=metrics),
        things=Things(db=db, notifier=notifier, metrics=metrics),
        retention=Retention(db=db, days=settings.retention_days) if settings.retention_days else None,
        client=client,
        installation=_installation(settings, resources, state, client) if client is not None else None,
        replies=replies,
        clicks=clicks,
        form_notices=form_notices,
        card_fallback=CardFallback(
            db=db, reader=reader, expected=state.expected, replies=replies, http=resources.replies, metrics=metrics
        ),
        receiver=receiver,
        inbound=Inbound(
            secrets=settings.signing_secrets,
            receive=receiver.receive,
            limiter=limiter,
            read_seconds=read_seconds,
            metrics=metrics,
        ),
        limiter=limiter,
        open_keys=open_keys,
        concurrency=ConcurrencyLimiter(
            per_organization=limits.open_requests, max_open=allotment.open_requests, limiter=limiter
        ),
    )


def _client(settings: Settings, resources: Resources) -> Client | None:
    if settings.slack_bot_token is None:
        return None
    token = settings.slack_bot_token.get_secret_value()
    return Client(token=token, api_url=settings.slack_api_url, http=resources.http)


def _clicks(
    resources: Resources, state: SharedState, reader: Reader, *, claims: Claims, replies: PrivateReplies
) -> Clicks:
    return Clicks(
        claims=claims,
        db=resources.db,
        reader=reader,
        message_cache=state.message_cache,
        notifier=state.notifier,
        expected=state.expected,
        forms=FormOpener(db=resources.db, installations=state.installations, metrics=state.metrics),
        replies=replies,
        metrics=state.metrics,
    )


def _installation(settings: Settings, resources: Resources, state: SharedState, client: Client) -> Installation:
    return Installation(
        db=resources.db,
        client=client,
        installations=state.installations,
        app_id=settings.slack_app_id,
        organization=settings.organization,
        notifier=state.notifier,
    )
