"""The schema as text: `sql/schema.sql` is the result of all migrations, read back from the database itself.

The text is the same on every PostgreSQL we support, which the output of `pg_dump` is not. `make schema` writes it.
"""

import itertools

from asyncpg import Record

from storage import statements

_SQL = statements.load("catalog")

_HEAD = """\
-- What the migrations make, all together: to read, never to run. A test keeps it equal to a migrated database;
-- `make schema` writes it anew.
"""


class Undescribed(Exception):
    """The schema has an object that its dump would not show. Extend `storage.schema` to write it."""


async def dump(db: statements.Runs) -> str:
    """Return the DDL of every table, constraint and index; raises Undescribed if it would be incomplete."""
    if unsupported := await _SQL["unsupported_objects"].many(db):
        raise Undescribed(", ".join(row["name"] for row in unsupported))
    columns = await _SQL["columns"].many(db)
    constraints = await _SQL["constraints"].many(db)
    indexes = await _SQL["indexes"].many(db)
    tables = [
        _table(name, list(rows), [row for row in constraints if row["table_name"] == name and not row["is_foreign"]])
        for name, rows in itertools.groupby(columns, key=lambda row: row["table_name"])
    ]
    references = [
        f"ALTER TABLE {row['table_name']} ADD CONSTRAINT {row['name']} {row['definition']};\n"
        for row in constraints
        if row["is_foreign"]
    ]
    return "\n".join([_HEAD, *tables, "".join(references), "".join(f"{row['definition']};\n" for row in indexes)])


def _table(name: str, columns: list[Record], constraints: list[Record]) -> str:
    lines = [
        *(_column(row) for row in columns),
        *(f"CONSTRAINT {row['name']} {row['definition']}" for row in constraints),
    ]
    return f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n);\n"


def _column(row: Record) -> str:
    initial = f" DEFAULT {row['initial']}" if row["initial"] is not None else ""
    return f"{row['name']} {row['type']}{initial}{' NOT NULL' if row['required'] else ''}"
