"""The body of a request about things, without the secrets that it names.

Nothing after this module sees the secrets: the body is compared with earlier requests, validated and stored as it is
once they are hidden. Its hash, which is stored with the Idempotency-Key, is made of that too, so that no guess of a
secret can be tried on it. Requests that differ in what is hidden do the same, and count as the same.
"""

from typing import Generic, TypeVar

from aiohttp import web

from bridge.agents.http import problems, validation_errors
from bridge.agents.http.body import BodyReader, Unusable
from bridge.fields import Strict
from bridge.things import secrets
from bridge.things.secrets import Misplaced, Secrets, WithSecrets
from storage.model import Json

M = TypeVar("M", bound=Strict)


class SentBody(Generic[M]):
    """The body of one request. Raises ApiProblem if a secret stands where it cannot be hidden.

    `key` is the Idempotency-Key of the request.
    """

    def __init__(self, model: type[M], sent: Json, *, key: str | None) -> None:
        self._model = model
        self.hidden: Json = {name: value for name, value in sent.items() if name != "secrets"}
        self._secrets = _secrets(sent)
        if self._secrets is None:
            return
        if key is not None and (number := self._secrets.number_in(key)) is not None:
            raise problems.invalid(f"/secrets/{number}", "must not be part of the Idempotency-Key, which is stored")
        try:
            self.hidden = self._secrets.hide(model, self.hidden)
        except Misplaced as misplaced:
            raise problems.invalid(misplaced.pointer, misplaced.message) from None

    def validated(self) -> M:
        """The body as its model; raises ApiProblem."""
        fields = validation_errors.validate(self._model, self.hidden)
        if self._secrets is not None:
            try:
                self._secrets.check(fields)
            except Misplaced as misplaced:
                raise problems.invalid(misplaced.pointer, misplaced.message) from None
        return fields


async def read(read_body: BodyReader, request: web.Request, model: type[M], *, key: str | None) -> SentBody[M]:
    """The body of a request. Raises ApiProblem, which contains none of the secrets that the body names."""
    try:
        sent = await read_body(request)
    except Unusable as problem:
        SentBody(model, problem.sent, key=key)  # refuses secrets in names, which this problem might repeat
        raise
    return SentBody(model, sent, key=key)


def _secrets(sent: Json) -> Secrets | None:
    if sent.get("secrets") is None:
        return None
    given = validation_errors.validate(WithSecrets, {"secrets": sent["secrets"]})
    return secrets.secrets(given.secrets) if given.secrets else None
