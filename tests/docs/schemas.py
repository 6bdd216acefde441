"""What docs/api.md repeats of the API's description: the fields, limits, parameters and statuses, as tables."""

from collections.abc import Iterator

from bridge.kinds.registry import KINDS
from tests.docs import description
from tests.docs.description import OPERATIONS, SCHEMAS
from tests.docs.tables import ByHand, Cell, Section, Table

_SENT = ("Field", "Type and limits", "Default", "Meaning")


def sent(model: str) -> Section:
    """A model that is sent: field, type and limits, what counts when it is left out."""
    rows: list[list[Cell]] = [[*made, ByHand(meaning)] for *made, meaning in _sent(model)]
    return [Table(head=_SENT, rows=rows)]


def received(model: str) -> Section:
    """A model that is received: field and type."""
    required = SCHEMAS[model].get("required", [])
    rows: list[list[Cell]] = []
    for field, schema in description.fields(model).items():
        type = description.type_and_limits(schema)
        if field not in required:
            type += ", not always there"
        elif {"type": "null"} in schema.get("anyOf", []):
            type += " or null"
        rows.append([f"`{field}`", type, ByHand(description.meaning(schema))])
    return [Table(head=("Field", "Type", "Meaning"), rows=rows)]


def question() -> Section:
    """What is sent to ask, for all kinds together, and which kinds have a field if not all have it."""
    kinds: dict[tuple[str, str, str, str], list[str]] = {}
    for kind in KINDS:
        for row in _sent(_model(kind)):
            kinds.setdefault(row, []).append(kind)
    sorts = "; ".join(_begun(kind.request.__doc__ or "") for kind in KINDS.values())
    names = ", ".join(f'`"{kind}"`' for kind in KINDS)
    rows: list[list[Cell]] = [["`kind`", "all", names, "required", f"What sort of question: {sorts}."]]
    for (name, type, default, meaning), having in kinds.items():
        if name == "`kind`":
            continue
        if len(having) == len(KINDS):
            rows.append([name, "all", type, default, ByHand(meaning)])
        else:
            rows.append([name, ", ".join(f"`{kind}`" for kind in having), type, default, meaning])
    field, *others = _SENT
    return [Table(head=(field, "Kind", *others), rows=rows)]


def models_of_kinds() -> Section:
    """The models that only kinds have in their fields, each with its heading and in its own words."""
    parts: list[str | Table] = []
    for model in own_models():
        parts += [f"### {model}", SCHEMAS[model]["description"], Table(head=_SENT, rows=list(_sent(model)))]
    return parts


def own_models() -> list[str]:
    """The models that are in fields of some kinds, and in those of not all kinds."""
    used = {kind: list(description.models({"$ref": f"#/{_model(kind)}"})) for kind in KINDS}
    every = [model for models in used.values() for model in models]
    shared = [model for model in every if all(model in models for models in used.values())]
    return list(dict.fromkeys(model for model in every if model not in shared and model not in map(_model, KINDS)))


def operation(name: str) -> Section:
    """What an operation takes beside its body, and what it answers."""
    parameters: list[list[Cell]] = [
        [f"`{one['name']}`", one["in"], description.type_and_limits(one["schema"]), ByHand(description.meaning(one))]
        for one in OPERATIONS[name].get("parameters", [])
    ]
    statuses = [[status, answer["description"]] for status, answer in OPERATIONS[name]["responses"].items()]
    tables = [Table(head=("Parameter", "In", "Type and limits", "Meaning"), rows=parameters)] if parameters else []
    return [*tables, Table(head=("Status", "Meaning"), rows=statuses)]


def _model(kind: str) -> str:
    return f"Create{kind.capitalize()}"


def _sent(model: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, type and limits, default and meaning of each field."""
    for field, schema in description.fields(model).items():
        type = description.type_and_limits(schema)
        yield f"`{field}`", type, description.default(model, field), description.meaning(schema)


def _begun(sentence: str) -> str:
    """A sentence as the part of another."""
    words = sentence.strip()
    return f"{words[:1].lower()}{words[1:].removesuffix('.')}"
