"""One sentence for each moment of an interaction's timeline: what happened, by which user, on which card."""

from typing import assert_never

from bridge.representation import deed_text, status_text
from storage.model import Interaction, Json, TimelineEntry, Verdict


def sentence(row: Interaction, moment: TimelineEntry, detail: Json, *, by: str | None) -> str:
    """The sentence of a moment; `detail` is the stored detail completed from the interaction."""
    return status_text.ended(_sentence(row, moment, detail, by))


def _sentence(row: Interaction, moment: TimelineEntry, detail: Json, by: str | None) -> str:
    why = status_text.one_line(detail.get("detail") or "")
    match moment.type:
        case "interaction.created":
            until = status_text.moment(row.expires_at)
            return f"Asked by {status_text.one_line(row.asked_by)}; {_responders(row)} can answer until {until}"
        case "interaction.posted":
            return f"A card was posted{where(detail)}"
        case "interaction.clicked":
            did = f"{_person(detail, by)} {deed_text.clicked(row, moment.verdict, detail)}{where(detail)}"
            if deed_text.is_form(row, moment.verdict):
                return f"{did}: this submission is the answer"
            return f"{did}: {_verdict(moment.verdict, without_choice=not detail.get('choice'))}"
        case "interaction.answered" if by:
            return f"{_person(detail, by)} {deed_text.answered(row, detail)}{where(detail)}, which is now the answer"
        case "interaction.answered":
            return f"The deadline passed without an answer, so the default was recorded: {deed_text.label(detail)}"
        case "interaction.expired":
            return "The deadline passed without an answer"
        case "interaction.cancelled":
            key = detail.get("key")
            why = status_text.quoted(why) if why and detail.get("code") == status_text.CANCELLED_BY_AGENT else why
            return f"Cancelled{f' by {status_text.one_line(key)}' if key else ''}{f': {why}' if why else ''}"
        case "interaction.superseded":
            return f"Superseded by {detail['superseded_by']}"
        case "interaction.unreachable":
            return f"Not delivered to anyone who can answer: {why}"
        case "interaction.heard":
            return "An agent received the outcome"
        case "interaction.picked_up":
            return f"{_reporter(detail)} reported that it has started{_summary(detail)}"
        case "interaction.succeeded":
            return f"{_reporter(detail)} reported that it is done{_summary(detail)}"
        case "interaction.failed":
            return f"{_reporter(detail)} reported that it failed{_summary(detail)}"
    return card(moment.type, detail) or moment.type


def card(type: str, detail: Json) -> str | None:
    """What happened to a card, without a full stop; None for other events."""
    why = status_text.one_line(detail.get("detail") or "")
    match type:
        case "card.posted":
            return f"A card was posted{where(detail)}"
        case "card.edited":
            return f"The card{where(detail)} was updated"
        case "card.settled":
            return f"The card{where(detail)} shows the outcome"
        case "card.waiting":
            return f"A card is waiting: {why}"
        case "card.given_up":
            return f"A card was given up: {why}"
        case "card.lease_lost":
            return f"A replica lost its lease on a card{where(detail)}; another replica has taken over"
    return None


def _responders(row: Interaction) -> str:
    if row.responders is None:
        return "anyone who can see a card"
    return ", ".join(row.responders[:10]) + (", …" if len(row.responders) > 10 else "")


def _person(detail: Json, by: str | None) -> str:
    return status_text.person(by or "An unknown user", detail.get("user_name"))


def _reporter(detail: Json) -> str:
    return status_text.one_line(detail.get("key") or "An agent")


def _summary(detail: Json) -> str:
    """The summary in quotation marks, which it cannot close."""
    return f": {status_text.quoted(detail['summary'])}" if detail.get("summary") else ""


def where(detail: Json) -> str:
    """The conversation of the card, as far as it is known."""
    if (user := (detail.get("to") or {}).get("user")) is not None:
        return f" in the direct messages of {user}"
    return f" in {detail['channel']}" if detail.get("channel") else ""


def _verdict(verdict: Verdict | str | None, *, without_choice: bool) -> str:
    match verdict:
        case Verdict.WON:
            return "this click is the answer"
        case Verdict.RECORDED:
            return "the same answer was already recorded"
        case Verdict.DECIDED:
            return "not counted, because the same person had already answered differently"
        case Verdict.TAKEN:
            return "not counted, because the question was already answered"
        case Verdict.EXPIRED:
            return "not counted, because the deadline had passed"
        case Verdict.CANCELLED:
            return "not counted, because the question had been cancelled"
        case Verdict.SUPERSEDED:
            return "not counted, because a newer question had replaced this one"
        case Verdict.UNREACHABLE:
            return "not counted, because the question had been closed as unreachable"
        case Verdict.OUTSIDER:
            return "not counted, because people from other organizations cannot answer"
        case Verdict.NOT_YOURS:
            return "not counted, because this person is not a responder"
        case Verdict.GONE:
            return "not counted, because the question has no such choice"
        case Verdict.OPENED:
            what = "showed the full text" if without_choice else "opened a form"
            return f"this click {what} and recorded no answer"
        case Verdict.MISTAKEN:
            why = "no option was selected" if without_choice else "the form had errors"
            return f"not counted, because {why}"
        case Verdict.REFUSED:
            return "not counted, because what it is about did not allow it"
        case Verdict.ADDED:
            return "added, and nothing was decided"
        case Verdict.UNAVAILABLE | None:
            return "not counted"
        case str():
            return f"a verdict of a later release: {status_text.one_line(verdict)}"
        case _:
            assert_never(verdict)
