"""Every counter and histogram of a replica, in a registry of its own.

Counting takes about a microsecond. Labels are few and have closed sets of values: never an id, an organization, a
person or text from outside. `bridge.server.metrics_endpoint` adds the gauges when it is scraped.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from storage.model import Status, Verdict

OTHER = "other"  # label for a verdict that a later release stored
UNROUTABLE = "unroutable"  # label for a click of an unknown installation

# The last bounds are deadlines: a claim is given up after 2.5 s, and Slack gives up after 3 s.
CLAIM_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5)
ACK_BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0)
LAG_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Refusal(StrEnum):
    """Why a request to Slack's route was refused, for the log and the metrics; the sender gets only a 401."""

    MISSING = "missing"  # a header is missing or empty
    MALFORMED = "malformed"  # a header does not have Slack's format, or occurs twice
    STALE = "stale"  # the timestamp is too old or too far ahead
    WRONG = "wrong"  # none of the accepted secrets produced this signature


DOCTOR: Final = "doctor"  # in place of Refusal.WRONG, if the sender says that it is `askbridge doctor`


class Reply(StrEnum):
    """The result of a private reply to a clicker."""

    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"  # too many replies were being sent


class Fallback(StrEnum):
    """What was done for a click whose card was not edited in time."""

    REPLACED = "replaced"  # the card, through the click's response URL
    TOLD = "told"  # the winner, privately: the card could not be replaced
    FAILED = "failed"  # neither
    DROPPED = "dropped"  # too many clicks were waiting for the edits of their cards


class DeliveryAttempt(StrEnum):
    """The result of an attempt to call a webhook."""

    ACCEPTED = "accepted"  # answered 2xx
    PUT_OFF = "put_off"  # tried again later
    GIVEN_UP = "given_up"


class Metrics:
    """The counters and histograms of one replica. Each value of a closed label exists from the start, at zero."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._clicks = self._counter(
            "clicks", "Payloads of clicks and forms that were answered, by verdict.", "verdict"
        )
        self._claims = self._histogram("click_claim_seconds", "From a parsed click to its verdict.", CLAIM_BOUNDS)
        self._acks = self._histogram("click_ack_seconds", "From a click's arrival to its answer sent.", ACK_BOUNDS)
        self._acks_lost = self._counter(
            "click_acks_lost", "Clicks whose sender disconnected before the response was sent."
        )
        self._refused = self._counter("slack_requests_refused", "Requests that are not Slack's, by reason.", "why")
        self._replies = self._counter("replies", "Private replies to clickers, by result.", "result")
        self._fallbacks = self._counter(
            "card_fallbacks", "Clicks whose card was not edited in time, by result.", "result"
        )
        self._foreign_urls = self._counter("response_urls_refused", "Clicks whose response URL is not of Slack's host.")
        self._forms_opened = self._counter("forms_opened", "Forms that were opened for a click.")
        self._forms_not_opened = self._counter(
            "forms_not_opened", "Clicks whose form could not be opened, by code.", "code"
        )
        self._opened = self._counter("interactions_opened", "Questions that were asked here.")
        self._thing_moves = self._counter("thing_moves", "What happened to things here, by type of event.", "type")
        self._ended = self._counter("interactions_ended", "Questions that this replica ended, by status.", "status")
        self._unacknowledged = self._counter(
            "answers_unheard", "Answers that no agent has received yet, as their cards say."
        )
        self._posted = self._counter("cards_posted", "Cards posted.")
        self._edited = self._counter("cards_edited", "Cards edited.")
        self._put_off = self._counter("cards_put_off", "Failed attempts that are retried, by code.", "code")
        self._given_up = self._counter("cards_given_up", "Cards given up, by code.", "code")
        self._notes_posted = self._counter("notes_posted", "Messages posted in threads of cards, each of some notes.")
        self._notes_put_off = self._counter("notes_put_off", "Failed attempts that are retried, by code.", "code")
        self._notes_given_up = self._counter("notes_given_up", "Notes, or messages of some, given up, by code.", "code")
        self._deliveries = self._counter("deliveries", "Attempts to deliver webhooks, by result.", "result")
        self._leases_lost = self._counter("leases_lost", "Results that came after another replica had taken over.")
        self._hints_sent = self._counter("hints_told", "Hints sent to other replicas.")
        self._hints_received = self._counter("hints_heard", "Hints received from other replicas.")
        self._hints_lost = self._counter("hints_lost", "Hints that could not be sent without a connection.")
        self._malformed = self._counter("http_malformed", "Requests that are not valid HTTP, answered with 400.")
        self._cut = self._counter("responses_cut", "Connections cut because their client did not read for 20 s.")
        self._lag = self._histogram("event_loop_lag_seconds", "How late a timer fired; several a second.", LAG_BOUNDS)
        for verdict in [*Verdict, UNROUTABLE]:
            self._clicks.labels(verdict)
        for status in Status:
            if status is not Status.PENDING:
                self._ended.labels(status)
        for why in (*Refusal, DOCTOR):
            self._refused.labels(why)
        for result in Reply:
            self._replies.labels(result)
        for fallback in Fallback:
            self._fallbacks.labels(fallback)
        for attempt in DeliveryAttempt:
            self._deliveries.labels(attempt)

    # Clicks.

    def decided(self, verdict: Verdict | str | None, *, seconds: float) -> None:
        """A click has its verdict: a str if a later release stored it, None if its installation is unknown."""
        self._clicks.labels(verdict if isinstance(verdict, Verdict) else OTHER if verdict else UNROUTABLE).inc()
        self._claims.observe(seconds)

    def acked(self, *, seconds: float) -> None:
        """A click was answered, with any status."""
        self._acks.observe(seconds)

    def ack_lost(self) -> None:
        """The sender of a click closed the connection before the response."""
        self._acks_lost.inc()

    def refused(self, why: Refusal, *, is_doctor: bool = False) -> None:
        """A request failed the verification of Slack's signature."""
        self._refused.labels(DOCTOR if is_doctor and why is Refusal.WRONG else why).inc()

    def replied(self, result: Reply) -> None:
        """A private reply to a clicker was sent, failed or was dropped."""
        self._replies.labels(result).inc()

    def fell_back(self, result: Fallback) -> None:
        """A clicked card was not edited in time."""
        self._fallbacks.labels(result).inc()

    def response_url_refused(self) -> None:
        """A click had a response URL that is not of Slack's host, so that the URL is not used."""
        self._foreign_urls.inc()

    def form_opened(self) -> None:
        """The form that a click asks for was opened."""
        self._forms_opened.inc()

    def form_not_opened(self, code: str) -> None:
        """The form that a click asks for could not be opened; the code is of `bridge.slack.error_table` or our own."""
        self._forms_not_opened.labels(code).inc()

    # Interactions.

    def opened(self) -> None:
        """An interaction was created."""
        self._opened.inc()

    def ended(self, status: Status) -> None:
        """This replica ended an interaction."""
        self._ended.labels(status).inc()

    def know_moves(self, noun: str, moves: Iterable[str]) -> None:
        """Have every move of a noun counted from the start, at zero."""
        for move in moves:
            self._thing_moves.labels(f"{noun}.{move}")

    def thing_moved(self, noun: str, move: str) -> None:
        """A thing was opened, changed or ended; `move` is the last part of the event that tells it."""
        self._thing_moves.labels(f"{noun}.{move}").inc()

    def unacknowledged(self) -> None:
        """The cards of an answered interaction now say that no agent has acknowledged the answer."""
        self._unacknowledged.inc()

    # Cards, and webhooks; codes are those of `bridge.slack.error_table`.

    def posted(self) -> None:
        """A card was posted."""
        self._posted.inc()

    def edited(self) -> None:
        """A card was edited: it shows the end of its interaction, or a later state of the answer."""
        self._edited.inc()

    def put_off(self, code: str) -> None:
        """A card failed and will be tried again."""
        self._put_off.labels(code).inc()

    def given_up(self, code: str) -> None:
        """A card failed for good."""
        self._given_up.labels(code).inc()

    def note_posted(self) -> None:
        """A message with one or more notes was posted in the thread of a card."""
        self._notes_posted.inc()

    def note_put_off(self, code: str) -> None:
        """Such a message failed and will be tried again."""
        self._notes_put_off.labels(code).inc()

    def note_given_up(self, code: str) -> None:
        """Such a message failed for good, a note was given up with its card, or keeps its buttons."""
        self._notes_given_up.labels(code).inc()

    def delivered(self, attempt: DeliveryAttempt) -> None:
        """An attempt to call a webhook has ended."""
        self._deliveries.labels(attempt).inc()

    def lease_lost(self) -> None:
        """A result arrived after another replica had taken over the lease."""
        self._leases_lost.inc()

    # Hints, and the process itself.

    def hints_sent(self, number: int) -> None:
        """This replica reported so many changes to others."""
        self._hints_sent.inc(number)

    def hints_received(self, number: int) -> None:
        """Other replicas reported so many changes."""
        self._hints_received.inc(number)

    def hints_lost(self, number: int) -> None:
        """So many changes could not be reported to other replicas."""
        self._hints_lost.inc(number)

    def malformed(self) -> None:
        """A request is no HTTP."""
        self._malformed.inc()

    def response_cut(self) -> None:
        """A connection was cut because its client did not take what was sent."""
        self._cut.inc()

    def lagged(self, seconds: float) -> None:
        """A timer of the event loop fired so many seconds late."""
        self._lag.observe(seconds)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, namespace="askbridge", registry=self.registry)

    def _histogram(self, name: str, meaning: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(name, meaning, namespace="askbridge", buckets=bounds, registry=self.registry)
