"""When a delivery that was not accepted is tried again: soon, then ever later, ten times in three days."""

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
ATTEMPTS = len(PAUSES) + 1  # the first is made at once
JITTER = 0.2


def pause(failures: int, *, chance: float, retry_after: float | None = None) -> float | None:
    """Seconds from the last of so many failures (1 or more) to the next attempt; None: that was the last one.

    `chance`, 0 to 1, spreads it by 20 % to either side, so that what failed together does not come back together. A
    receiver that asked for more time gets it.
    """
    if failures > len(PAUSES):
        return None
    planned = PAUSES[failures - 1] * (1 + JITTER * (2 * chance - 1))
    return max(planned, retry_after or 0.0)
