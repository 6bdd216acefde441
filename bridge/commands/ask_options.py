"""The options of `askbridge ask`: the request they make, and the exit status for its outcome."""

from dataclasses import dataclass
from enum import IntEnum

from bridge.commands.addresses import Names, Unknown
from storage.model import Json


class ExitStatus(IntEnum):
    """The exit statuses; everything that is not certainly an answer is NO_ANSWER."""

    ANSWERED = 0  # approved, or chosen
    DENIED = 1
    NO_ANSWER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """The options of one call of the command."""

    title: str
    to: tuple[str, ...]
    options: tuple[tuple[str, str], ...]  # names and labels; empty: an approval
    body: str | None
    responders: tuple[str, ...]
    anyone: bool
    expires_in: int | None
    wait: float | None
    url: str
    key: str
    slack_url: str | None
    as_json: bool

    def body_for(self, names: Names) -> Json:
        """The request's body; raises Unknown."""
        to = [names.address(text) for text in self.to]
        body: Json = {"kind": "choice" if self.options else "approval", "title": self.title, "to": to}
        if self.options:
            body["options"] = [{"id": name, "label": label} for name, label in self.options]
        if self.body is not None:
            body["body"] = self.body
        if self.responders and self.anyone:
            raise Unknown("Say either who may answer (--responder) or that everybody may (--anyone).")
        if self.responders:
            body["responders"] = {"users": [names.user(text) for text in self.responders]}
        elif self.anyone:
            body["responders"] = {"anyone_in_channel": True}
        elif any("channel" in address for address in to):
            raise Unknown("A channel needs to be told who may answer: --responder U…, or --anyone for everybody in it.")
        if self.expires_in is not None:
            body["expires_in"] = self.expires_in
        return body

    def exit_status(self, interaction: Json) -> ExitStatus:
        """The exit status for an interaction; only an expected answer to this request counts as one."""
        answer = interaction.get("answer")
        if interaction.get("status") != "answered" or not isinstance(answer, dict):
            return ExitStatus.NO_ANSWER
        if self.options:
            names = [name for name, _ in self.options]
            return ExitStatus.ANSWERED if answer.get("option") in names else ExitStatus.NO_ANSWER
        match answer.get("decision"), answer.get("approved"):
            case "approve", True:
                return ExitStatus.ANSWERED
            case "deny", False:
                return ExitStatus.DENIED
            case _:
                return ExitStatus.NO_ANSWER
