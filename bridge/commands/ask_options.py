"""The options of `askbridge ask`: the request they make, and the exit status for its outcome."""

from dataclasses import dataclass, field
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
    """The options of one call of the command; each is empty or None where it was not given."""

    title: str
    to: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()  # names and labels; empty: an approval
    danger: tuple[str, ...] = ()  # names of options
    confirm: tuple[tuple[str, str], ...] = ()  # names of options and texts
    body: str | None = None
    action: str | None = None
    arguments: tuple[tuple[str, object], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    responders: tuple[str, ...] = ()
    anyone: bool = False
    outsiders: bool = False
    expires_in: float | None = None
    on_expiry: str | None = None
    agent: str | None = None
    run: str | None = None
    agent_url: str | None = None
    on_behalf_of: str | None = None
    connection: str | None = None
    supersedes: str | None = None
    callback: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Json = field(default_factory=dict)
    idempotency_key: str | None = None
    wait: float | None = None
    url: str
    key: str
    slack_url: str | None = None
    as_json: bool = False

    def body_for(self, names: Names) -> Json:
        """The request's body; raises Unknown."""
        to = [names.address(text) for text in self.to]
        body: Json = {"kind": "choice" if self.options else "approval", "title": self.title, "to": to}
        if self.options:
            body["options"] = self._choices()
        if self.responders or self.anyone:
            body["responders"] = self._responders(names)
        elif any("channel" in address for address in to):
            raise Unknown("A channel needs responders: --responder U…, or --anyone for all its members.")
        elif self.outsiders:
            raise Unknown("--outsiders requires --responder U… or --anyone.")
        if self.on_expiry is not None:
            body["on_expiry"] = {"option" if self.options else "decision": self.on_expiry}
        if self.on_behalf_of is not None:
            body["on_behalf_of"] = {"user": names.user(self.on_behalf_of)}
        if self.expires_in is not None:
            body["expires_in"] = round(self.expires_in)
        return body | self._action() | self._agent() | self._plain()

    def _choices(self) -> list[Json]:
        offered = {name for name, _ in self.options}
        for option, names in (("--danger", self.danger), ("--confirm", [name for name, _ in self.confirm])):
            if unknown := [name for name in names if name not in offered]:
                raise Unknown(f"{option} {unknown[0]} names no --option.")
        confirmations = dict(self.confirm)
        return [
            {
                "id": name,
                "label": label,
                **({"style": "danger"} if name in self.danger else {}),
                **({"confirm": confirmations[name]} if name in confirmations else {}),
            }
            for name, label in self.options
        ]

    def _responders(self, names: Names) -> Json:
        if self.responders and self.anyone:
            raise Unknown("Give either --responder or --anyone, not both.")
        users = [names.user(text) for text in self.responders]
        who: Json = {"anyone_in_channel": True} if self.anyone else {"users": users}
        return who | ({"outsiders": "allow"} if self.outsiders else {})

    def _action(self) -> Json:
        if self.action is None:
            if self.arguments:
                raise Unknown("--argument requires --action NAME.")
            return {}
        return {"action": {"name": self.action, "arguments": dict(self.arguments)}}

    def _agent(self) -> Json:
        agent = {"name": self.agent, "run": self.run, "url": self.agent_url}
        given = {name: value for name, value in agent.items() if value is not None}
        return {"agent": given} if given else {}

    def _plain(self) -> Json:
        fields = {
            "body": self.body,
            "facts": [{"name": name, "value": value} for name, value in self.facts],
            "connection": self.connection,
            "supersedes": self.supersedes,
            "callback": self.callback,
            "tags": list(self.tags),
            "metadata": self.metadata,
        }
        return {name: value for name, value in fields.items() if value}

    def exit_status(self, interaction: Json) -> ExitStatus:
        """The exit status for an interaction; only an expected answer to this request counts as one."""
        if not self.options:
            return exit_status(interaction)
        names = [name for name, _ in self.options]
        return ExitStatus.ANSWERED if chosen(interaction) in names else ExitStatus.NO_ANSWER


def exit_status(interaction: Json) -> ExitStatus:
    """The exit status for an interaction that was asked as an approval."""
    answer = interaction.get("answer")
    if interaction.get("status") != "answered" or not isinstance(answer, dict):
        return ExitStatus.NO_ANSWER
    match answer.get("decision"), answer.get("approved"):
        case "approve", True:
            return ExitStatus.ANSWERED
        case "deny", False:
            return ExitStatus.DENIED
        case _:
            return ExitStatus.NO_ANSWER


def chosen(interaction: Json) -> str | None:
    """The name of the option that was chosen, if the interaction is answered with one."""
    answer = interaction.get("answer")
    if interaction.get("status") != "answered" or not isinstance(answer, dict):
        return None
    option = answer.get("option")
    return option if isinstance(option, str) else None
