"""The options of `askbridge ask`: the request they make, and the result of its outcome."""

from dataclasses import dataclass, field

from bridge.commands.addresses import Names, Unknown
from bridge.commands.answers import ExitStatus, Result, chosen, result
from bridge.commands.word_options import WordOptions
from storage.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions(WordOptions):
    """The options of one call of the command; each is empty or None where it was not given."""

    title: str
    to: tuple[str, ...]
    danger: tuple[str, ...] = ()  # names of options
    confirm: tuple[tuple[str, str], ...] = ()  # names of options and texts
    body: str | None = None
    action: str | None = None
    arguments: tuple[tuple[str, object], ...] = ()
    full: str | None = None  # of the action
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
        body: Json = {"kind": self.kind, "title": self.title, "to": to}
        if self.options:
            body["options"] = self._choices()
        if self.responders or self.anyone:
            body["responders"] = self._responders(names)
        elif any("channel" in address for address in to):
            raise Unknown("A channel needs responders: --responder U…, or --anyone for all its members.")
        elif self.outsiders:
            raise Unknown("--outsiders requires --responder U… or --anyone.")
        if self.on_expiry is not None:
            body["on_expiry"] = self.default(self.on_expiry)
        if self.on_behalf_of is not None:
            body["on_behalf_of"] = {"user": names.user(self.on_behalf_of)}
        if self.expires_in is not None:
            body["expires_in"] = round(self.expires_in)
        return body | self.words() | self._action() | self._agent() | self._plain()

    def _choices(self) -> list[Json]:
        offered = {name for name, _ in self.options}
        for option, names in (("--danger", self.danger), ("--confirm", [name for name, _ in self.confirm])):
            if unknown := [name for name in names if name not in offered]:
                raise Unknown(f"{option} {unknown[0]} names no --option.")
        confirmations, comments = dict(self.confirm), self.option_comments()
        return [
            {
                "id": name,
                "label": label,
                **({"style": "danger"} if name in self.danger else {}),
                **({"confirm": confirmations[name]} if name in confirmations else {}),
                **({"comment": comments[name]} if name in comments else {}),
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
            if self.arguments or self.full is not None:
                raise Unknown(f"{'--argument' if self.arguments else '--full'} requires --action NAME.")
            return {}
        full = {"full": self.full} if self.full is not None else {}
        return {"action": {"name": self.action, "arguments": dict(self.arguments), **full}}

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

    def result(self, interaction: Json) -> Result:
        """The result of an interaction; only an expected answer to this request counts as one."""
        asked = interaction if self.edit is None else interaction | {"edit": True}
        found = result(asked, self.kind)
        if self.kind == "choice" and not self._offered(interaction):
            return Result(status=ExitStatus.NO_ANSWER, values=())
        is_refused = self.kind in ("text", "questions", "form") and found.status is ExitStatus.DENIED
        if is_refused and not self.decline:
            return Result(status=ExitStatus.NO_ANSWER, values=())
        return found

    def _offered(self, interaction: Json) -> bool:
        """Whether the answer is one of the options, or several of them if that was asked for."""
        answer, names = interaction.get("answer"), chosen(interaction)
        is_several = isinstance(answer, dict) and "options" in answer
        offered = {name for name, _ in self.options}
        return names is not None and is_several is (self.multiple is not None) and offered.issuperset(names)
