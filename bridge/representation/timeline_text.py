"""One sentence for each moment of an interaction's timeline: what happened, by which user, on which card."""

from typing import assert_never

from bridge.representation import status_text
from storage.model import Interaction, Json, TimelineEntry, Verdict


def sentence(row: Interaction, moment: TimelineEntry, detail: Json, *, by: str | None) -> str:
    """The sentence of a moment; `detail` is the stored detail completed from the interaction."""
    return status_text.ended(_sentence(row, moment, detail, by))


def _sentence(row: Interaction, moment: TimelineEntry, detail: Json, by: str | None) -> str:
    why = status_text.one_line(detail.get("detail") or "")
    match moment.type:
        case "interaction.created":
            until = status_text.moment(row.expires_at)
            return f"Asked by {status_text.one_line(row.asked_by)}; {_responders(row)} may answer, until {until}"
        case "interaction.posted":
            return f"A card appeared{_where(detail)}"
        case "interaction.clicked":
            return f"{_chose(detail, by)}{_where(detail)}: {_verdict(moment.verdict)}"
        case "interaction.answered" if by:
            return f"{_chose(detail, by)}{_where(detail)}, and that is the answer"
        case "interaction.answered":
            return f"Nobody answered in time, so the default asked for is the answer: {_quoted(detail)}"
        case "interaction.expired":
            return "The deadline passed, and nobody had answered"
        case "interaction.cancelled":
            key = detail.get("key")
            why = status_text.quoted(why) if why and detail.get("code") == status_text.CANCELLED_BY_AGENT else why
            return f"Cancelled{f' by {status_text.one_line(key)}' if key else ''}{f': {why}' if why else ''}"
        case "interaction.superseded":
            return f"Superseded by {detail['superseded_by']}"
        case "interaction.unreachable":
            return f"Nobody could be asked: {why}"
        case "interaction.heard":
            return "An agent was told how it ended"
        case "interaction.picked_up":
            return f"{_reporter(detail)} acts on the answer{_summary(detail)}"
        case "interaction.succeeded":
            return f"{_reporter(detail)} reported that it is done{_summary(detail)}"
        case "interaction.failed":
            return f"{_reporter(detail)} reported that it failed{_summary(detail)}"
        case "card.edited":
            return f"The card{_where(detail)} was brought up to date"
        case "card.settled":
            return f"The card{_where(detail)} shows how it ended"
        case "card.waiting":
            return f"A copy waits: {why}"
        case "card.given_up":
            return f"A copy was given up: {why}"
        case "card.lease_lost":
            return (
                f"A replica that had been away for too long touched a copy{_where(detail)}; another replica has it now"
            )
    return moment.type


def _responders(row: Interaction) -> str:
    if row.responders is None:
        return "anyone who sees a card"
    return ", ".join(row.responders[:10]) + (", …" if len(row.responders) > 10 else "")


def _chose(detail: Json, by: str | None) -> str:
    return f"{status_text.person(by or 'Somebody', detail.get('user_name'))} chose {_quoted(detail)}"


def _reporter(detail: Json) -> str:
    return status_text.one_line(detail.get("key") or "An agent")


def _summary(detail: Json) -> str:
    """The summary in quotation marks, which it cannot close."""
    return f": {status_text.quoted(detail['summary'])}" if detail.get("summary") else ""


def _quoted(detail: Json) -> str:
    return status_text.quoted(detail.get("label") or detail.get("choice") or "?")


def _where(detail: Json) -> str:
    """The conversation of the card, as far as it is known."""
    if (user := (detail.get("to") or {}).get("user")) is not None:
        return f" in the direct messages of {user}"
    return f" in {detail['channel']}" if detail.get("channel") else ""


def _verdict(verdict: Verdict | str | None) -> str:
    match verdict:
        case Verdict.WON:
            return "this click counts"
        case Verdict.RECORDED:
            return "the same answer again, recorded before"
        case Verdict.DECIDED:
            return "not counted, because the same person had answered otherwise before"
        case Verdict.TAKEN:
            return "not counted, because it was answered already"
        case Verdict.EXPIRED:
            return "not counted, because the deadline had passed"
        case Verdict.CANCELLED:
            return "not counted, because it had been cancelled"
        case Verdict.SUPERSEDED:
            return "not counted, because a newer question had taken its place"
        case Verdict.UNREACHABLE:
            return "not counted, because it had ended without being asked"
        case Verdict.OUTSIDER:
            return "not counted, because people of other organizations may not answer"
        case Verdict.NOT_YOURS:
            return "not counted, because only those who were asked may answer"
        case Verdict.GONE:
            return "not counted, because there is no such choice"
        case Verdict.OPENED:
            return "this click opened a form, and took nothing"
        case Verdict.MISTAKEN:
            return "not counted, because something in the form had to be mended"
        case Verdict.UNAVAILABLE | None:
            return "not counted"
        case str():
            return f"of a later release: {status_text.one_line(verdict)}"
        case _:
            assert_never(verdict)
