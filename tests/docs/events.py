"""Extracts from our source code the events that it logs, with their levels and keys."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LEVELS = {"info": "info", "warning": "warning", "failure": "error"}


@dataclass(kw_only=True)
class Event:
    """The levels and keys with which our code logs one event."""

    levels: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


def of(folder: Path) -> dict[str, Event]:
    """Every event that the modules of a folder log, by name."""
    found: defaultdict[str, Event] = defaultdict(Event)
    for file in sorted(folder.rglob("*.py")):
        for level, name, keys in in_module(ast.parse(file.read_text("utf-8"))):
            found[name].levels.add(level)
            found[name].keys |= keys
    return dict(found)


def in_module(module: ast.Module) -> Iterator[tuple[str, str, set[str]]]:
    """Level, name and keys of every event that a module logs; AssertionError for one that is not a literal."""
    shared = {node.name: _returned(node) for node in module.body if isinstance(node, ast.FunctionDef)}
    tables = {
        target.id: [name for value in node.value.values for name in _names(value, {})]
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id == "_EVENTS"
    }
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="_log"), attr=way), args=[event, *_]):
                keys = {key for keyword in node.keywords for key in _keys(keyword, shared)}
                for name in _names(event, tables):
                    yield _LEVELS[way], name, keys | ({"error"} if way == "failure" else set())


def _names(event: ast.expr, tables: dict[str, list[str]]) -> list[str]:
    match event:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.IfExp(body=one, orelse=other):
            return [*_names(one, tables), *_names(other, tables)]
        case ast.Subscript(value=ast.Name(id=table)) if table in tables:
            return tables[table]
        case _:
            raise AssertionError(f"an event must be written out, and this is not: {ast.unparse(event)}")


def _keys(keyword: ast.keyword, shared: dict[str, set[str]]) -> set[str]:
    match keyword:
        case ast.keyword(arg=str(name)):
            return {name}
        case ast.keyword(value=ast.Call(func=ast.Name(id=function))) if function in shared:
            return shared[function]
        case _:
            raise AssertionError(f"keys must be written out, and these are not: {ast.unparse(keyword)}")


def _returned(function: ast.FunctionDef) -> set[str]:
    """The keys of the dicts that a function returns."""
    return {
        key.value
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
