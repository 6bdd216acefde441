"""Who may act in the sandbox: a known person whose account is active."""

from sandbox.slack.errors import RefusedError
from sandbox.slack.model import Person
from sandbox.slack.world import World


def acting(world: World, user_id: str) -> Person:
    """The person with this id; raises RefusedError for an unknown person, and for a deactivated one."""
    person = world.people.get(user_id)
    if person is None:
        raise RefusedError(404, "user_not_found")
    if person.is_deleted:
        raise RefusedError(409, "user_is_deleted", f"{person.id} was deactivated and cannot act")
    return person
