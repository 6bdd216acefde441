"""The properties of a schema in their order, one level of objects flattened into them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms.form import MAX_HINT, MAX_LABEL
from bridge.schemas import leaves, nodes
from bridge.schemas.bounds import MAX_FIELDS
from bridge.schemas.leaves import Leaf
from bridge.schemas.nodes import Node
from bridge.schemas.refusal import Place, Refused
from storage.model import Json

_FREE: Final = 'allows properties with any name, and a form has an input for each: name them in "properties"'
_DEEP: Final = "is an object in an object in the form, which shows one level: ask for its properties one level higher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One value that a person enters. `path` has one name, or two if it is in an object of the form."""

    path: tuple[str, ...]
    leaf: Leaf
    node: Node
    label: str
    hint: str | None
    is_named: bool  # among the required names of its object

    @property
    def has_default(self) -> bool:
        """Whether the schema says what the value is when it is left out, other than null."""
        return self.node.schema.get("default") is not None

    @property
    def default_at(self) -> Place:
        """Where the default stands."""
        return (*self.node.used_at, "default")

    @property
    def is_needed(self) -> bool:
        """Whether the object of this value cannot be given without a value that the person enters."""
        if self.node.is_nullable or not (self.is_named or self.has_default):
            return False
        return not self.leaf.several or self.node.schema.get("minItems", 0) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An object in the form; the root is no group."""

    name: str
    node: Node
    is_named: bool

    @property
    def is_needed(self) -> bool:
        """Whether the form cannot be submitted without this object."""
        return not self.node.is_nullable and self.is_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The values of a form in the order of their inputs, and the objects in the form by name."""

    all: tuple[Property, ...]
    groups: dict[str, Group]


def read(root: Json) -> Properties:
    """The properties of a schema; raises Refused."""
    node = nodes.read(root, (), root=root)
    found, groups = list[Property](), dict[str, Group]()
    for name, inner, is_named in _of_object(node, root):
        if inner.schema.get("type") == "object" or "properties" in inner.schema:
            groups[name] = Group(name=name, node=inner, is_named=is_named)
            above = _label(name, inner)
            for inner_name, deeper, is_inner_named in _of_object(inner, root):
                if deeper.schema.get("type") == "object" or "properties" in deeper.schema:
                    raise Refused(deeper.used_at, _DEEP)
                found.append(_property((name, inner_name), deeper, root, is_named=is_inner_named, above=above))
        else:
            found.append(_property((name,), inner, root, is_named=is_named))
        if len(found) > MAX_FIELDS:
            raise Refused(
                (*node.at, "properties"), f"needs more than {MAX_FIELDS} inputs: ask for less, or ask several questions"
            )
    if not found:
        raise Refused((*node.at, "properties"), "must have at least one property: without one there is nothing to ask")
    return Properties(all=_with_different_labels(found), groups=groups)


def _of_object(node: Node, root: Json) -> Iterator[tuple[str, Node, bool]]:
    """Each property of an object with its schema, and whether it is required."""
    schema = node.schema
    if schema.get("type", "object") != "object":
        raise Refused(node.at, 'must have the type "object" with "properties": a form has an input for each')
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise Refused(node.used_at, _FREE)
    required = schema.get("required", [])
    for index, name in enumerate(required):
        if name not in properties:
            raise Refused((*node.at, "required", index), "is not among the properties, so a form has no input for it")
    for name, schema_of in properties.items():
        at = (*node.at, "properties", name)
        yield name, nodes.read(schema_of, at, root=root, above=node.seen), name in required


def _property(path: tuple[str, ...], node: Node, root: Json, *, is_named: bool, above: str | None = None) -> Property:
    items = None
    if node.schema.get("type") == "array":
        items_of = node.schema.get("items")
        if not isinstance(items_of, dict):
            raise Refused(node.used_at, 'is a list without a schema of its items: add "items"')
        items = nodes.read(items_of, (*node.at, "items"), root=root, above=node.seen)
        if items.schema.get("type") == "object" or "properties" in items.schema:
            raise Refused(items.used_at, "is a list of objects, which a form cannot show: ask one question for each")
        if items.is_nullable:
            raise Refused(items.used_at, "allows null in a list, which a person cannot enter: leave null out")
    label = _label(path[-1], node)
    return Property(
        path=path,
        leaf=leaves.read(node, items),
        node=node,
        label=texts.cut(f"{above}: {label}" if above else label, MAX_LABEL),
        hint=_hint(node.schema),
        is_named=is_named,
    )


def _label(name: str, node: Node) -> str:
    """The title of a property on one line, or its name."""
    for words in (node.title, name.replace("_", " ")):
        if words is not None and not is_blank(words):
            line = " ".join(words.split())
            return line[0].upper() + line[1:]
    return "Value"


def _hint(schema: Json) -> str | None:
    words: Any = schema.get("description")
    line = " ".join(words.split()) if isinstance(words, str) else ""
    return texts.cut(line, MAX_HINT - 50) or None


def _with_different_labels(found: list[Property]) -> tuple[Property, ...]:
    """The properties; those with the same label have their names too, so that people can tell them apart."""
    labels = [one.label for one in found]
    return tuple(
        one
        if labels.count(one.label) == 1
        else Property(
            path=one.path,
            leaf=one.leaf,
            node=one.node,
            label=f"{texts.cut(one.label, MAX_LABEL // 2)} ({texts.cut('.'.join(one.path), MAX_LABEL // 2 - 3)})",
            hint=one.hint,
            is_named=one.is_named,
        )
        for one in found
    )
