"""What the docs list of the code in tables of one sort each: settings, events, problems, reasons and the like."""

from enum import StrEnum

from pydantic.fields import FieldInfo

from bridge.agents.http import problems
from bridge.server.config import Settings
from bridge.things.event_types import EVERY
from sandbox.slack import faults
from sandbox.slack.fault_classes import CLASSES
from sandbox.slack.methods import scopes
from sandbox.slack.methods.table import NAMES
from sandbox.slack.validator import blocks, elements, view
from storage import deadlines
from storage.model import Status, Verdict
from tests.docs import events, reasons
from tests.docs.description import PATHS
from tests.docs.tables import ByHand, OrderedNames, Rows, Section, Table
from tests.sandbox.slack.test_payloads import IMITATED, NOT_IMITATED

_LEVELS = ("info", "warning", "error")


def settings() -> Section:
    """Every setting, in the order of the class."""
    rows = [
        [f"`ASKBRIDGE_{name.upper()}`", _default(field), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return [Table(head=("Setting", "Default", "Meaning"), rows=rows)]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    return "none" if field.default is None else f"`{field.default}`"


def endpoints() -> Section:
    """Every endpoint of the API, with a link to its heading."""
    rows = [
        [f"`{method.upper()} {path}`", f"[{operation['summary']}](#{operation['summary'].lower().replace(' ', '-')})"]
        for path, methods in PATHS.items()
        for method, operation in methods.items()
    ]
    return [Table(head=("Endpoint", "Description"), rows=rows)]


def statuses() -> Section:
    """Every status of a question."""
    head = ("Status", "How it gets there", "What you get", "What it means for you")
    return [_by_hand(Status, head)]


def verdicts() -> Section:
    """Every verdict of a click."""
    return [_by_hand(Verdict, ("Verdict", "What became of the click"))]


def event_types() -> Section:
    """Every type of event."""
    rows: Rows = [[f"`{type}`", ByHand()] for type in EVERY]
    return [Table(head=("Type", "What happened"), rows=rows)]


def webhook_types() -> Section:
    """Every type of event, and whether endpoints get it that did not ask for types."""
    final = {f"interaction.{status}" for status in Status if status is not Status.PENDING}
    rows: Rows = [[f"`{type}`", ByHand(), "yes" if type in final else "no"] for type in EVERY]
    return [Table(head=("Type", "Told when", "Without `types`"), rows=rows)]


def problem_types() -> Section:
    """Every sort of problem."""
    rows: Rows = [[f"`{type.slug}`", str(type.status), type.title, ByHand()] for type in problems.TYPES]
    return [Table(head=("Type", "Status", "Title", "What to do"), rows=rows)]


def reasons_of_questions() -> Section:
    """Every code with which a question ends; beside those of its copies that have no fix of their own here."""
    return [_reasons(dict(sorted(reasons.written_out(*reasons.OF_QUESTIONS))) | deadlines.FIXES)]


def reasons_to_try_again() -> Section:
    """Every code of a copy that is tried again."""
    return [_reasons(reasons.of_table(retried=True) | dict(sorted(reasons.written_out(*reasons.OF_COPIES))))]


def reasons_to_give_up() -> Section:
    """Every code of a copy that was given up; those that stop a whole workspace come first."""
    return [_reasons(reasons.of_table(retried=False))]


def _reasons(fixes: dict[str, str]) -> Table:
    rows: Rows = [[f"`{code}`", ByHand(), fix or "\N{EN DASH}"] for code, fix in fixes.items()]
    return Table(head=("Code", "What happened", "Fix"), rows=rows)


def log_events() -> Section:
    """Every event that is logged, with its levels and keys."""
    rows: Rows = [
        [
            f"`{name}`",
            ", ".join(level for level in _LEVELS if level in event.levels),
            OrderedNames(event.keys, ", "),
            ByHand(),
        ]
        for name, event in sorted(events.of(reasons.ROOT / "bridge").items())
    ]
    return [Table(head=("event", "level", "keys", "meaning"), rows=rows)]


def methods_of_the_sandbox() -> Section:
    """Every method of the sandbox's Web API, with the scopes of which it asks for one."""
    rows = [[f"`{method}`", " ".join(f"`{scope}`" for scope in scopes.of_method(method))] for method in sorted(NAMES)]
    return [Table(head=("Web API", "any of these scopes"), rows=rows)]


def parts_of_the_sandbox() -> Section:
    """What the sandbox sends, takes, judges and breaks."""
    listed = {
        "Payloads sent": IMITATED,
        "Payloads not sent": NOT_IMITATED,
        "Blocks": blocks.IN_MESSAGES,
        "Elements": {*elements.IN_ACTIONS, *elements.IN_ACCESSORY, *elements.IN_MODAL_INPUT},
        "Views judged": view.KINDS,
        "Faults of answers": faults.OF_ANSWERS,
        "Faults of clicks": faults.OF_CLICKS,
        "Faults of submissions": faults.OF_SUBMISSIONS,
        "Classes of failure": CLASSES,
    }
    return [Table(head=("", ""), rows=[[name, OrderedNames(names)] for name, names in listed.items()])]


def _by_hand(listed: type[StrEnum], head: tuple[str, ...]) -> Table:
    return Table(head=head, rows=[[f"`{one}`", *(ByHand() for _ in head[1:])] for one in listed])
