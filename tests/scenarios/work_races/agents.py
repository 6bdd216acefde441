"""Agents in a race for work items: most do what they lease, some give it back, block it, dawdle, or die with it."""

from typing import Any, Final

from tests.scenarios.work_races.backlog import PHASES
from tests.scenarios.work_races.race import Race
from tests.waiting import jitter, pause

_ENDS: Final = {"complete": 70, "renew": 6, "release": 7, "block": 4, "dawdle": 5, "die": 8}
_WORK: Final = 0.05  # seconds, at most
_COMPLETED: Final = 0.2  # of what is blocked; the rest is unblocked
_BACKWARDS: Final = 0.4  # of the links
_UNLINKED: Final = 0.5  # of those that were made
_LINKS: Final = {200: "made", 409: "refused, as the item is done", 422: "refused, as a cycle or to itself"}


async def leaser(race: Race, number: int) -> None:
    """Lease one item after the other, of one phase or of any, until the race is over; one that dies is followed."""
    life, phase = 0, race.chance.choice([*PHASES, None, None, None, None])
    while not race.is_over:
        owner = f"agent-{number}-{life}"
        body = {"owner": owner, "ttl_seconds": race.ttl} | ({"phase": phase} if phase else {})
        # A lease whose answer was lost may have run out by the time that its request is repeated.
        status, item = await race.call("POST", "/lease?wait=1", body, key=True, good=(200, 204, 409))
        if status != 200:
            race.seen["leases that were lost with their answers"] += status == 409
            continue
        race.leased(item, owner)
        life += await _had(race, item) == "die"


async def _had(race: Race, item: Any) -> str:
    """Do something with an item that was leased; returns what."""
    end: str = race.chance.choices(list(_ENDS), list(_ENDS.values()))[0]
    await jitter(_WORK)
    race.seen[f"agents: {end}"] += 1
    match end:
        case "die":
            return end
        case "dawdle":
            await pause(race.ttl + race.chance.random())
            await complete(race, item)
        case "renew":
            path, body = f"/{item['id']}/renew", {"fence": item["attempts"], "ttl_seconds": race.ttl}
            status, _ = await race.call("POST", path, body, good=(200, 409))
            await jitter(_WORK)
            if status == 200:
                await complete(race, item)
        case "complete":
            await complete(race, item)
        case _:
            words = {"reason": f"Agents do {end} it now and then.", "fence": item["attempts"]}
            await race.call("POST", f"/{item['id']}/{end}", words, good=(200, 409))
    return end


async def complete(race: Race, item: Any) -> None:
    """Complete an item that was leased; another may have it by now."""
    fence = item["attempts"]
    status, told = await race.call("POST", f"/{item['id']}/complete", {"fence": fence}, good=(200, 409))
    if status == 200:
        race.completed.append((item["id"], fence))
    elif told.get("code", told.get("type", "")).endswith("stale_fence"):
        race.seen["stale fences refused"] += 1
    else:
        race.strange.append(f"complete of {item['id']} by {fence}: {told}")


async def janitor(race: Race) -> None:
    """Unblock what is blocked, reclaim what people walked away with, and sweep expired leases, until all is over."""
    while not race.is_over:
        _, page = await race.call("GET", "?status=blocked&limit=50")
        for item in page.get("items", []):
            if race.chance.random() < _COMPLETED:
                status, _ = await race.call("POST", f"/{item['id']}/complete", {}, good=(200, 409))
                race.seen["completed without a lease"] += status == 200
            else:
                await race.call("POST", f"/{item['id']}/unblock", {}, good=(200, 409))
        _, swept = await race.call("POST", "/reclaim", {})
        race.seen["swept by a request"] += len(swept.get("ids", []))
        await jitter(1.0, 0.2)


async def linker(race: Race, number: int) -> None:
    """Let random items depend on others, and no longer, until all is over; some links would close a cycle."""
    while not race.is_over:
        one, other = (f"item-{race.chance.randrange(number)}" for _ in range(2))
        _, item = await race.call("GET", f"/{one}")
        if (before := item["depends_on"]) and race.chance.random() < _BACKWARDS:
            one, other = race.chance.choice(before)["id"], one
        status, _ = await race.call("POST", f"/{one}/link", {"depends_on": other}, good=(200, 409, 422))
        race.seen[f"links: {_LINKS.get(status)}"] += 1
        await jitter(0.2)
        if status == 200 and race.chance.random() < _UNLINKED:
            await race.call("POST", f"/{one}/unlink", {"depends_on": other})
