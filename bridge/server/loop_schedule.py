"""The loops of one replica, and how often each looks for work that no wake announced."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.loops import acknowledgements, expiry, numbering, watch
from bridge.loops.fanout import PROBE_SECONDS
from bridge.loops.runner import Loop
from bridge.notifier import Notifier
from bridge.server.assembly import Parts
from storage.pool import Database

CARD_WORKERS: Final = 2  # so that one slow call to Slack does not keep every other card waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Seconds between two passes of a loop that find no work. Most work comes with a wake, which ends the pause.

    With the defaults an idle replica queries its database less than once a second:
    CARD_WORKERS / 4 + 1 / 10 + 1 / 10 + 1 / 8 + 1 / 25 + 1 / 120 + 1 / 20 + 1 / 20 + 1 / 60 times. The passes find what
    other replicas left undone.
    """

    cards: float = 4.0
    deliveries: float = 8.0  # and only with a webhook key
    expiry: float = 10.0  # and when the next deadline passes
    things: float = 25.0  # and when the next thing is due; every 100 s a pass looks for missing rounds and notes too
    notes: float = 20.0  # queries nothing unless notes may wait, and then it is woken
    numbering: float = 10.0  # as often as `streams` while a stream is open
    streams: float = 1.0  # how late a stream sends an event that no notice announced; queries only while one is open
    keys: float = 5.0  # how late an open request of a revoked key ends; queries only while a request is open
    unacknowledged: float = 20.0  # an end that no agent has acknowledged for two minutes can be shown a little later
    card_fallback: float = 20.0  # queries nothing unless the edit of a clicked card is overdue, and then it is woken
    serving: float = 20.0  # three times while a claim holds; and once a minute it looks for unserved connections
    acknowledgements: float = 20.0  # queries nothing unless an agent was given an end, and then it is woken
    watch: float = 1.0  # how late a request learns of an end that another replica wrote; queries only while one waits
    installation: float = 30.0  # until Slack has said whose the token is; then it asks every ten minutes
    fanout: float = PROBE_SECONDS
    retention: float = 600.0  # deleting what is days old can wait


DEFAULTS: Final = Intervals()


def required(parts: Parts, db: Database, notifier: Notifier, intervals: Intervals) -> list[Loop]:
    """The loops without which a replica is not ready."""
    loops = [
        *(
            Loop(name="cards", step=parts.cards.step, interval=intervals.cards, wake=notifier.cards)
            for _ in range(CARD_WORKERS)
        ),
        Loop(
            name="expiry",
            step=partial(expiry.step, db, notifier, parts.reader),
            interval=intervals.expiry,
            wake=notifier.expiry,
        ),
        Loop(name="things", step=parts.things.step, interval=intervals.things, wake=notifier.things),
        Loop(name="notes", step=parts.notes.step, interval=intervals.notes, wake=notifier.notes),
        Loop(
            name="numbering",
            step=partial(numbering.step, db, notifier),
            interval=intervals.numbering,
            wake=notifier.numbering,
        ),
        Loop(name="streams", step=parts.streams.step, interval=intervals.streams),
        Loop(name="keys", step=parts.open_keys.step, interval=intervals.keys),
        Loop(name="watch", step=partial(watch.step, db, notifier), interval=intervals.watch),
        Loop(
            name="deliveries",
            step=parts.deliveries.step,
            interval=intervals.deliveries,
            wake=notifier.deliveries,
        ),
    ]
    if parts.installation is not None:
        loops.append(Loop(name="installation", step=parts.installation.step, interval=intervals.installation))
    return loops


def others(parts: Parts, db: Database, notifier: Notifier, intervals: Intervals) -> list[Loop]:
    """The loops without which a replica is still ready: it takes clicks without notices, and without deleting rows."""
    loops = [  # the names are shown in the log and in `/metrics`, so they stay as they are
        Loop(name="fanout", step=parts.fanout.step, interval=intervals.fanout, wake=notifier.fanout),
        Loop(
            name="heard",
            step=partial(acknowledgements.step, db, notifier),
            interval=intervals.acknowledgements,
            wake=notifier.acknowledgements,
        ),
        Loop(name="unheard", step=parts.unacknowledged.step, interval=intervals.unacknowledged),
        Loop(
            name="card_fallback",
            step=parts.card_fallback.step,
            interval=intervals.card_fallback,
            wake=parts.card_fallback.wake,
        ),
        Loop(name="serving", step=parts.serving.step, interval=intervals.serving, wake=notifier.serving),
    ]
    if parts.retention is not None:
        loops.append(Loop(name="retention", step=parts.retention.step, interval=intervals.retention))
    return loops
