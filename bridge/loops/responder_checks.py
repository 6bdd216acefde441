"""Find out whether the people that a card asks can answer it: before the card promises it, or soon afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bridge.slack import error_table
from bridge.slack.client import NoSuchPerson, Person
from bridge.slack.errors import GiveUp
from bridge.slack.people import LOOKUP_SECONDS, People, is_home
from storage import cards, connections, interactions
from storage.model import Card, Interaction, Json
from storage.pool import Database

LATER_SECONDS: Final = 3.0  # that an edit waits for lookups: it needs no turn, so the lease leaves it more time
_AGAIN = (5.0, 30.0, 300.0)  # seconds until the next try to look up who was not found out, by versions of the card

_NOT_FOUND, _DEACTIVATED = "user_not_found", "user_deactivated"
_IS_BOT, _IS_OUTSIDER = "user_is_bot", "user_is_outsider"
_DETAILS: Final[Mapping[str, str]] = {
    _NOT_FOUND: "{} is not known in this Slack workspace",
    _DEACTIVATED: "{} is deactivated",
    _IS_BOT: "{} is a bot and cannot click buttons",
    _IS_OUTSIDER: "{} is from another organization, and outsiders are not allowed",
}
_SLACKBOT = "USLACKBOT"  # Slack says of it that it is no bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What Slack says of the people that one card asks."""

    interaction: Interaction  # with what is known now of responders who cannot answer
    refusal: GiveUp | None = None  # why some or all of the people that this card asks cannot answer
    is_useless: bool = False  # no person that this card asks can answer, so it need not be posted
    closes: bool = False  # no card of the interaction asks a person who can answer
    again_in: float | None = None  # seconds until the card is to be checked again, because Slack did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderChecks:
    """Checks the people of pending interactions, for the card loop of one replica."""

    db: Database
    people: People

    async def check(self, card: Card, interaction: Interaction) -> Check:
        """Look up the people that a card of a pending interaction asks, and record which of them cannot answer."""
        user = card.address.get("user")
        asked = interaction.responders or ([user] if user else [])
        seconds = LATER_SECONDS if card.ts else LOOKUP_SECONDS
        found = await self.people.find(card.connection_id, asked, seconds=seconds)
        unable = await self._unable(interaction, found)
        again_in = _AGAIN[card.wanted - 1] if len(found) < len(asked) and card.wanted <= len(_AGAIN) else None
        if interaction.responders is None:
            return await self._of_everyone(card, interaction, unable, again_in)
        unable |= {id: code for id, code in interaction.unable.items() if id not in found}
        if unable != interaction.unable:
            await interactions.set_unable(self.db, card, unable)
            interaction = replace(interaction, unable=unable)
        closes = unable.keys() >= set(asked)
        refused = {id: code for id, code in unable.items() if id == user}
        refusal = _refusal(refused if refused and not closes else unable) if unable else None
        return Check(
            interaction=interaction,
            refusal=refusal,
            is_useless=closes or bool(refused),
            closes=closes,
            again_in=again_in,
        )

    async def _of_everyone(self, card: Card, interaction: Interaction, unable: Json, again_in: float | None) -> Check:
        """The check of a card that everyone who sees it may answer: for a person's card, that is this person."""
        if not unable:
            return Check(interaction=interaction, again_in=again_in)
        others = await cards.of_interaction(self.db, interaction.organization_id, interaction.id)
        addresses = [other.address.get("user") for other in others if other.given_up_at is None]
        found = await self.people.find(card.connection_id, [user for user in addresses if user])
        all_unable = await self._unable(interaction, found)
        return Check(
            interaction=interaction,
            refusal=_refusal(unable),
            is_useless=True,
            closes=all(user in all_unable for user in addresses),
            again_in=again_in,
        )

    async def _unable(self, interaction: Interaction, found: Mapping[str, Person | NoSuchPerson]) -> Json:
        """Those of these people who cannot answer the interaction, each with the code of the reason."""
        codes = {id: _code(interaction, id, person) for id, person in found.items()}
        if _IS_OUTSIDER in codes.values():  # or colleagues from another workspace
            enterprise = await self._enterprise(interaction)
            codes = {id: _code(interaction, id, person, enterprise_id=enterprise) for id, person in found.items()}
        return {id: code for id, code in codes.items() if code is not None}

    async def _enterprise(self, interaction: Interaction) -> str | None:
        """The enterprise of the interaction's connection; read only for people who seem to be outsiders."""
        every = await connections.all_of_organization(self.db, interaction.organization_id)
        return next((one.enterprise_id for one in every if one.id == interaction.connection_id), None)


def _code(
    interaction: Interaction, id: str, person: Person | NoSuchPerson, *, enterprise_id: str | None = None
) -> str | None:
    """Why this person cannot answer; None for one who can."""
    if isinstance(person, NoSuchPerson):
        return _NOT_FOUND
    if person.is_bot or id == _SLACKBOT:
        return _IS_BOT
    if person.is_deactivated:
        return _DEACTIVATED
    if interaction.home_teams is None or person.team_id is None:
        return None
    at_home = is_home(person, home_teams=interaction.home_teams, enterprise_id=enterprise_id)
    return None if at_home else _IS_OUTSIDER


def _refusal(unable: Json) -> GiveUp:
    """The reason for people who cannot answer: the code and the fix of the first, and the details of all."""
    code = next(iter(unable.values()))
    detail = "; ".join(_DETAILS[each].format(id) for id, each in list(unable.items())[:10])
    return GiveUp(code=code, detail=f"{detail}.", fix=error_table.fix(code))
