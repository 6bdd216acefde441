"""Prints every card and answer of every example, in every status and both forms, for a comparison of processes."""

import dataclasses
import json
import sys

from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from storage.model import Status
from tests.bridge.interactions import interaction

if __name__ == "__main__":
    drawn = {
        f"{name}: {example.name}, {status}, {'plain' if plain else 'full'}": [
            shown.answers | shown.forms,
            dataclasses.asdict(kind.draw(CardView(interaction=shown, version=1, plain=plain))),
        ]
        for name, kind in KINDS.items()
        for example in kind.examples
        for status in Status
        for shown in [interaction(example.request, status=status)]
        for plain in (False, True)
    }
    json.dump(drawn, sys.stdout)
