"""Keep and read what a person entered on the pages of a form, in the scope of the signed installation."""

from typing import Final

from bridge.forms import given
from bridge.forms.form import Submitted
from bridge.slack.payloads.incoming import Submission, ViewAction
from storage import form_pages
from storage.form_pages import FormKey, KeptPages
from storage.model import Connection
from storage.pool import Database

_SECONDS: Final = 1.0  # of Slack's 3 s, after the claim


def key(used: Submission | ViewAction, connection: Connection) -> FormKey | None:
    """The row of the form that a person used; None for one that the bridge did not make."""
    target = used.target
    if target is None or target.form is None:
        return None
    return FormKey(scope=connection.scope, interaction_id=target.interaction, form=target.form, user_id=used.user_id)


async def read(db: Database, key: FormKey | None) -> Submitted:
    """What was entered on all pages so far; raises Unavailable."""
    if key is None:
        return Submitted()
    kept = await db.insist(lambda runs: form_pages.kept(runs, key), seconds=_SECONDS)
    return given.read(kept.entered) if kept else Submitted()


async def write(db: Database, key: FormKey | None, submitted: Submitted, *, page: int, claim_id: bytes) -> None:
    """Keep what was entered on all pages so far, and the page that is shown now; raises Unavailable.

    `claim_id` is of the request with the latest of it. What a later request has kept stays: this one was slower.
    """
    if key is not None:
        pages = KeptPages(page=page, entered=given.kept(submitted))
        await db.insist(lambda runs: form_pages.keep(runs, key, pages, claim_id=claim_id), seconds=_SECONDS)
