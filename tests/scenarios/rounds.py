"""Things of any noun in a running program: their cards, clicks on their open rounds, and what is told of them."""

from dataclasses import dataclass
from typing import Any

from tests.scenarios.program import Program
from tests.waiting import until


@dataclass(kw_only=True)
class Shown:
    """A thing with a posted card."""

    dev: Program
    plural: str
    id: str
    round_id: str  # of the buttons that a client shows
    channel: str
    ts: str
    since: str = ""  # private replies from this ts on

    @property
    def url(self) -> str:
        return f"{self.dev.bridge(0)}/v1/{self.plural}/{self.id}"

    async def get(self) -> dict[str, Any]:
        status, thing = await self.dev.call("GET", self.url)
        assert status == 200, thing
        return thing

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return await self.dev.call("POST", f"{self.url}/{path}", body)

    async def timeline(self) -> list[dict[str, Any]]:
        _, body = await self.dev.call("GET", f"{self.url}/timeline")
        items: list[dict[str, Any]] = body["items"]
        return items

    async def events(self) -> list[dict[str, Any]]:
        """The events of the thing in the feed."""
        found, after = [], "beginning"
        while after:
            _, page = await self.dev.call("GET", f"{self.dev.bridge(0)}/v1/events?after={after}&limit=100")
            found += [event for event in page["items"] if event["data"]["id"] == self.id]
            after = page["next_cursor"]
        return found

    async def click(self, user: str, action_id: str, *, replica: int = -1, **other: Any) -> dict[str, Any]:
        """A signed click from a client that shows the buttons of the round, to the last replica by default."""
        stale = {"block_id": f"v1:{self.round_id}:1", "action_id": action_id, "value": None, "type": "button"}
        _, report = await self.dev.call(
            "POST",
            f"{self.dev.facts['slack_url']}/sandbox/clicks",
            {
                "user": user,
                "channel": self.channel,
                "ts": self.ts,
                "stale": stale,
                "action_id": action_id,
                "request_url": f"{self.dev.bridge(replica)}/slack/events",
                **other,
            },
        )
        return report

    async def message(self) -> dict[str, Any]:
        """The message of the card."""
        messages = await self.dev.all_messages(self.channel)
        return next(message for message in messages if message["ts"] == self.ts)

    async def text(self) -> str:
        """The text of the card, whose second line is its state."""
        return str((await self.message())["text"])

    async def told(self) -> list[tuple[str, str]]:
        """The private replies after the card was posted: (user, text)."""
        messages = await self.dev.all_messages(self.channel)
        return [
            (message["ephemeral_to"], message["text"])
            for message in messages
            if message.get("is_ephemeral") and message["ts"] > (self.since or self.ts)
        ]

    async def end_round(self) -> None:
        """End the open round, as disabling the connection does."""
        await self.dev.operate(
            "update interactions set status = 'cancelled', ended_at = clock_timestamp(), "
            """reason = '{"code": "connection_disabled", "detail": "", "fix": ""}' where id = $1""",
            about={"id": self.round_id},
        )


async def shown(dev: Program, plural: str, id: str) -> Shown:
    """The thing once its first card is posted, with its open round."""
    url = f"{dev.bridge(0)}/v1/{plural}/{id}"

    async def get() -> dict[str, Any]:
        return (await dev.call("GET", url))[1]

    thing = await until(get, lambda one: one["cards"] and one["cards"][0]["ts"], every=0.1)
    _, page = await dev.call("GET", f"{dev.bridge(0)}/v1/interactions?thing={id}")
    (round_id,) = [each["id"] for each in page["items"] if each["status"] == "pending"]
    card = thing["cards"][0]
    return Shown(dev=dev, plural=plural, id=id, round_id=round_id, channel=card["channel"], ts=card["ts"])
