"""The outcome of one attempt to deliver a webhook."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """The result of one attempt. `status` is None when there was no response; `detail` is a text for people."""

    status: int | None
    detail: str
    retry_after: float | None = None  # seconds, as the receiver asked, at most an hour

    @property
    def delivered(self) -> bool:
        """Whether the response was 2xx. A redirect is no delivery: it is not followed, and may lead anywhere."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver answered 410: it wants no more deliveries, ever."""
        return self.status == 410
