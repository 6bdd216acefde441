"""What a replica counts of its work, in a registry of its own: every counter and histogram there is.

Counting costs about a microsecond. Labels are few, and each is from a closed list: never an id, an organization, a
person, or a word of a stranger's. What is looked up instead of counted, `bridge.scrape` adds when it is asked.
"""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram

from storage.model import Status, Verdict

OTHER = "other"  # beside the verdicts: one that a later release stored
UNROUTABLE = "unroutable"  # beside the verdicts: a click of an installation that nobody here knows

# The last bounds are promises: a claim is given up at 2.5 s, and Slack at 3 s.
CLAIM_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5)
ACK_BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0)
LAG_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Reply(StrEnum):
    """What became of a private reply."""

    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"  # too many were under way


class DeliveryAttempt(StrEnum):
    """What became of an attempt to call a webhook."""

    ACCEPTED = "accepted"  # answered 2xx
    PUT_OFF = "put_off"  # tried again later
    GIVEN_UP = "given_up"


class Metrics:
    """One replica's counts. Those with a closed label stand there from the start, at zero."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._clicks = self._counter("clicks", "Envelopes of clicks that were answered, by verdict.", "verdict")
        self._claims = self._histogram("click_claim_seconds", "From a parsed click to its verdict.", CLAIM_BOUNDS)
        self._acks = self._histogram("click_ack_seconds", "From a click's arrival to its answer sent.", ACK_BOUNDS)
        self._acks_lost = self._counter("click_acks_lost", "Clicks whose sender hung up before the answer was sent.")
        self._refused = self._counter("slack_requests_refused", "Requests that are not Slack's, by reason.", "why")
        self._replies = self._counter("replies", "Private replies to clickers, by result.", "result")
        self._opened = self._counter("interactions_opened", "Questions that were asked here.")
        self._ended = self._counter("interactions_ended", "Questions that this replica ended, by status.", "status")
        self._unheard = self._counter("answers_unheard", "Answers of which cards say that no agent heard them yet.")
        self._posted = self._counter("cards_posted", "Copies of cards that were posted.")
        self._edited = self._counter("cards_edited", "Copies of cards that were edited.")
        self._put_off = self._counter("cards_put_off", "Tries that failed and will be made again, by code.", "code")
        self._given_up = self._counter("cards_given_up", "Copies that will never be shown, by code.", "code")
        self._deliveries = self._counter("deliveries", "Attempts to call webhooks, by what became of them.", "result")
        self._leases_lost = self._counter("leases_lost", "Results that came after another replica had taken over.")
        self._told = self._counter("hints_told", "Hints told to other replicas.")
        self._heard = self._counter("hints_heard", "Hints heard from other replicas.")
        self._lost = self._counter("hints_lost", "Hints that could not be told for want of a connection.")
        self._lag = self._histogram("event_loop_lag_seconds", "How late a timer fired; several a second.", LAG_BOUNDS)
        for verdict in [*Verdict, UNROUTABLE]:
            self._clicks.labels(verdict)
        for status in Status:
            if status is not Status.PENDING:
                self._ended.labels(status)
        for result in Reply:
            self._replies.labels(result)
        for became in DeliveryAttempt:
            self._deliveries.labels(became)

    # Clicks.

    def decided(self, verdict: Verdict | str | None, *, seconds: float) -> None:
        """A click has its verdict, a text if a later release stored it; None: it comes from nowhere we know."""
        self._clicks.labels(verdict if isinstance(verdict, Verdict) else OTHER if verdict else UNROUTABLE).inc()
        self._claims.observe(seconds)

    def acked(self, *, seconds: float) -> None:
        """A click was answered, whatever the answer."""
        self._acks.observe(seconds)

    def ack_lost(self) -> None:
        """A click's sender did not wait for the answer."""
        self._acks_lost.inc()

    def refused(self, why: str) -> None:
        """A request did not prove to be Slack's; `why` is a verify.Refusal."""
        self._refused.labels(why).inc()

    def replied(self, result: Reply) -> None:
        """A clicker was told something in private, or should have been."""
        self._replies.labels(result).inc()

    # Questions.

    def opened(self) -> None:
        """A question was asked."""
        self._opened.inc()

    def ended(self, status: Status) -> None:
        """A question ended by what this replica did."""
        self._ended.labels(status).inc()

    def unheard(self) -> None:
        """Cards say of an answer that no agent heard it."""
        self._unheard.inc()

    # Cards, and webhooks; codes are those of `bridge.slack.error_table`.

    def posted(self) -> None:
        """A copy is up."""
        self._posted.inc()

    def edited(self) -> None:
        """A copy shows an end, or what became of it."""
        self._edited.inc()

    def put_off(self, code: str) -> None:
        """A copy is tried again later."""
        self._put_off.labels(code).inc()

    def given_up(self, code: str) -> None:
        """A copy is tried no more."""
        self._given_up.labels(code).inc()

    def delivered(self, became: DeliveryAttempt) -> None:
        """A webhook was called, or could not be."""
        self._deliveries.labels(became).inc()

    def lease_lost(self) -> None:
        """Somebody else had taken over when we were done."""
        self._leases_lost.inc()

    # Hints, and the process itself.

    def hints_told(self, number: int) -> None:
        """Other replicas were told of so many changes."""
        self._told.inc(number)

    def hints_heard(self, number: int) -> None:
        """Other replicas told of so many changes."""
        self._heard.inc(number)

    def hints_lost(self, number: int) -> None:
        """So many changes could not be told."""
        self._lost.inc(number)

    def lagged(self, seconds: float) -> None:
        """A timer fired so much too late."""
        self._lag.observe(seconds)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, namespace="askbridge", registry=self.registry)

    def _histogram(self, name: str, meaning: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(name, meaning, namespace="askbridge", buckets=bounds, registry=self.registry)
