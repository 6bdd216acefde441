"""`make docs`: write anew what the docs repeat of the code, between the marks `generated`.

What only people can say stays: the text around the sections, and the cells by hand in their tables. The figures of
`docs/performance.md` are written by `make bench`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bench import generated
from tests.docs import lists, monitoring, programs, schemas, tables
from tests.docs.tables import Section

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = tuple(
    ROOT / name
    for name in (
        "docs/api.md",
        "docs/commands.md",
        "docs/configuration.md",
        "docs/operations.md",
        "docs/problems.md",
        "docs/webhooks.md",
        "sandbox/slack/DIFFERENCES.md",
    )
)
_WHOLE: Final[Mapping[str, Callable[[], Section]]] = MappingProxyType(
    {
        "question": schemas.question,
        "models of kinds": schemas.models_of_kinds,
        "endpoints": lists.endpoints,
        "statuses": lists.statuses,
        "verdicts": lists.verdicts,
        "event types": lists.event_types,
        "migrations": programs.migrations,
        "settings": lists.settings,
        "alerts": monitoring.alert_table,
        "log events": lists.log_events,
        "problem types": lists.problem_types,
        "reasons of questions": lists.reasons_of_questions,
        "reasons to try again": lists.reasons_to_try_again,
        "reasons to give up": lists.reasons_to_give_up,
        "webhook types": lists.webhook_types,
        "methods": lists.methods_of_the_sandbox,
        "parts": lists.parts_of_the_sandbox,
    }
)
_EACH: Final[Mapping[str, Callable[[str], Section]]] = MappingProxyType(
    {
        "operation": schemas.operation,
        "sent": schemas.sent,
        "received": schemas.received,
        "command": programs.command,
    }
)


def rewritten(page: str) -> str:
    """The text of a page with every section as the code now is; raises KeyError for one that nothing here writes."""
    for name, before in generated.sections(page).items():
        sort, _, one = name.partition(" ")
        section = _WHOLE[name]() if name in _WHOLE else _EACH[sort](one)
        page = generated.renewed(page, name, tables.written(section, before))
    return page


def main() -> None:
    """Rewrite every page that has become stale, and name it."""
    for page in PAGES:
        before = page.read_text("utf-8")
        if (after := rewritten(before)) != before:
            page.write_text(after, "utf-8")
            print(f"rewritten: {page.relative_to(ROOT)}")  # noqa: T201  -- a command's output


if __name__ == "__main__":
    main()
