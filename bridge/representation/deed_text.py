"""What a person did, as a part of a sentence of the timeline: chose, opened or submitted a form, wrote."""

from bridge.representation import status_text
from storage.model import Interaction, Json, Verdict


def clicked(row: Interaction, verdict: Verdict | str | None, detail: Json) -> str:
    """What the person of a click or of a submission did; `detail` has the choice and its label."""
    if not detail.get("choice"):
        return "clicked"
    if verdict is Verdict.OPENED:
        return f"opened the form {_purpose(row, detail)}"
    if verdict is Verdict.MISTAKEN or is_form(row, verdict):
        return f"submitted the form {_purpose(row, detail)}"
    return f"chose {label(detail)}" if _has_label(row, detail) else f"chose {_purpose(row, detail)}"


def answered(row: Interaction, detail: Json) -> str:
    """The answer that a person gave, with the words that the person wrote, or their beginning."""
    answer = status_text.in_order(row)
    comment = answer.get("comment")
    if answer.get("decision") == "respond":
        return f"replied {status_text.person_wrote(comment or '')} without a decision"
    if answer.get("answers") is not None:
        return f"answered {status_text.given(answer)}"
    if answer.get("values") is not None:
        return f"entered {status_text.given(answer)}"
    if answer.get("options") is not None:
        return f"selected {status_text.given(answer)}"
    if answer.get("text") is not None and answer.get("via") == "form":
        return f"wrote {status_text.person_wrote(answer['text'])}"
    words = f" and wrote {status_text.person_wrote(comment)}" if comment else ""
    return f"chose {label(detail)}{words}"


def is_form(row: Interaction, verdict: Verdict | str | None) -> bool:
    """Whether the answer that this verdict recorded was given in a form."""
    return verdict is Verdict.WON and (row.answer or {}).get("via") == "form"


def _has_label(row: Interaction, detail: Json) -> bool:
    """Whether the choice has a name of its own; what a person writes or selects in a form has none."""
    return bool(detail.get("label")) or detail.get("choice") not in row.forms


def _purpose(row: Interaction, detail: Json) -> str:
    if _has_label(row, detail):
        return f"of {label(detail)}"
    if row.request.get("questions"):
        return "to answer the questions"
    if row.request.get("schema"):
        return "to enter values"
    return "to select options" if row.request.get("options") else "to write an answer"


def label(detail: Json) -> str:
    """The label of the choice in quotation marks, or the choice itself if it has none."""
    return status_text.quoted(detail.get("label") or detail.get("choice") or "?")
