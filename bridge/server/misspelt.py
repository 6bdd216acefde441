"""Finds environment variables that are named nearly like a setting and therefore do nothing."""

import difflib
import re
from collections.abc import Collection, Iterable

PREFIX = "ASKBRIDGE_"
_SIMILARITY = 0.75  # share of equal letters, from which a name is taken for a misspelt one (PROT for PORT)
_PREFIX_SIMILARITY = 0.85  # of the prefix (ASKBRIGDE_, ASK_BRIDGE_)
_OF_ASK = frozenset({"URL", "KEY"})  # what `askbridge ask` reads
# Set by Kubernetes for Services named askbridge or askbridge-…; their SERVICE_PORT is not a misspelt METRICS_PORT.
_KUBERNETES = re.compile(r"(.*_)?SERVICE_(HOST|PORT)(_.*)?|(.*_)?PORT_\d+_(TCP|UDP|SCTP)(_.*)?")
_SYNONYMS = {"DB": "DATABASE", "POSTGRES": "DATABASE", "URI": "URL", "DSN": "URL", "ORG": "ORGANIZATION"}


def find(names: Iterable[str], settings: Collection[str]) -> list[tuple[str, str]]:
    """(name, full name of the setting) pairs of variables whose names are nearly a setting's, sorted by name.

    `settings` are without the prefix. Other unknown names may belong to other programs and are left out.
    """
    known = [setting.upper() for setting in settings]
    found = ((name, _intended(name.upper(), known)) for name in sorted(names))
    return [(name, f"{PREFIX}{setting}") for name, setting in found if setting]


def _intended(name: str, known: list[str]) -> str | None:
    if not name.startswith(PREFIX):
        return next((setting for setting in known if _nearly_prefixed(name, setting)), None)
    rest = name.removeprefix(PREFIX)
    if rest in known or rest in _OF_ASK or _KUBERNETES.fullmatch(rest):
        return None
    return _near(rest, known)


def _nearly_prefixed(name: str, setting: str) -> bool:
    head = name.removesuffix(setting)
    if head == name or head.endswith(PREFIX):  # MY_ASKBRIDGE_PORT is a variable of its own
        return False
    return difflib.SequenceMatcher(a=head, b=PREFIX).ratio() >= _PREFIX_SIMILARITY


def _near(rest: str, known: list[str]) -> str | None:
    words = [_SYNONYMS.get(word, word) for word in rest.split("_")]
    if (usual := "_".join(words)) in known:
        return usual
    if similar := difflib.get_close_matches(rest, known, n=1, cutoff=_SIMILARITY):
        return similar[0]
    if beginnings := [setting for setting in known if rest.startswith(f"{setting}_")]:  # LOG_FORMAT for LOG
        return max(beginnings, key=len)
    containing = [setting for setting in known if set(words) <= set(setting.split("_"))]  # TOKEN for SLACK_BOT_TOKEN
    return containing[0] if len(containing) == 1 else None
