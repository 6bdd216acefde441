"""Prints every card of every example, in every status and both forms, as JSON: to be run elsewhere and compared."""

import dataclasses
import json
import sys

from bridge.card.frame import View
from bridge.kinds import KINDS
from storage.model import Status
from tests.bridge.interactions import interaction

if __name__ == "__main__":
    drawn = {
        f"{name}: {example.name}, {status}, {'plain' if plain else 'full'}": dataclasses.asdict(
            kind.draw(View(interaction=interaction(example.request, status=status), version=1, plain=plain))
        )
        for name, kind in KINDS.items()
        for example in kind.examples
        for status in Status
        for plain in (False, True)
    }
    json.dump(drawn, sys.stdout)
