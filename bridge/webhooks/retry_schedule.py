"""The retry schedule of deliveries: ten attempts in three days, with growing pauses."""

PAUSES = (
    5.0,
    300.0,
    1_800.0,
    7_200.0,
    18_000.0,
    36_000.0,
    50_400.0,
    72_000.0,
    86_400.0,
)  # seconds; as Standard Webhooks
ATTEMPTS = len(PAUSES) + 1  # the first without a pause
JITTER = 0.2  # share of a pause, to either side


def pause(failures: int, *, chance: float, retry_after: float | None = None) -> float | None:
    """Seconds to the next attempt after so many failures (1 or more); None: there is no further attempt.

    `chance`, 0 to 1, spreads the pause by 20 % to either side, so that deliveries that failed together are not retried
    together. `retry_after`, the seconds that the receiver requested, counts if it is longer.
    """
    if failures > len(PAUSES):
        return None
    planned = PAUSES[failures - 1] * (1 + JITTER * (2 * chance - 1))
    return max(planned, retry_after or 0.0)
