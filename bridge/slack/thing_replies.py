"""Private texts about clicks on things: why a click did not count, and what the thing is now. Pure.

The sentences are mrkdwn; those about the thing come from its noun, which escapes what agents and people wrote.
"""

from typing import assert_never

from bridge.slack import replies
from bridge.slack.claims import ClickedThing
from bridge.slack.replies import About
from storage.interactions import Claimed
from storage.model import Verdict


def reply(claimed: Claimed, thing: ClickedThing | None, *, about: About = About.CLICK) -> str | None:
    """Return the private text for the clicker of a round; None if the card or the form says it already."""
    nothing = about.value
    if thing is None:
        return f"This card is no longer active. {nothing}"
    match claimed.verdict:
        case Verdict.UNAVAILABLE:
            return replies.UNAVAILABLE
        case Verdict.WON | Verdict.ADDED | Verdict.MISTAKEN:
            return None
        case Verdict.OPENED:
            return replies.NO_FORM
        case Verdict.REFUSED:
            why = (claimed.refusal or {}).get("detail") or "This is not possible now."
            return f"{why} {thing.standing} {nothing}"
        case Verdict.RECORDED:
            return f"This was already recorded. {thing.standing}"
        case Verdict.DECIDED | Verdict.TAKEN | Verdict.CANCELLED if not thing.is_open:
            return f"{thing.standing} {nothing}"
        case Verdict.DECIDED | Verdict.TAKEN | Verdict.CANCELLED | Verdict.SUPERSEDED:
            return f"This has changed since the card showed it to you. {thing.standing} {nothing}"
        case Verdict.EXPIRED | Verdict.UNREACHABLE | Verdict.GONE:
            return f"This is not offered any more. {thing.standing} {nothing}"
        case Verdict.OUTSIDER:
            return f"People from other organizations cannot act on this. {nothing}"
        case Verdict.NOT_YOURS:
            people = replies.people(claimed.life) if claimed.life else None
            return f"{f'Only {people} can act on this.' if people else 'You cannot act on this.'} {nothing}"
        case str():
            return None  # stored by a later release, which replied when the verdict was new
        case _:
            assert_never(claimed.verdict)
