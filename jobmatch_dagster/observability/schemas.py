"""Column schemas of the project's tables for the UI, read from `sql/migrations`.

The migrations are the only source of types and descriptions, and no database is needed at load time. The statements
that migrations use are understood: CREATE TABLE, also LIKE another, ALTER TABLE with ADD, DROP, RENAME and ALTER
COLUMN, ADD and DROP CONSTRAINT and ADD PRIMARY KEY, and COMMENT ON COLUMN.
"""

import copy
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import dagster as dg

from jobmatch_dagster.db.connection.engine import sql_folder

_TOKENS = re.compile(
    r"""'(?:[^']|'')*' | "[^"]*" | \$(\w*)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/ | [(),;] | [^'"$(),;/-]+ | .""",
    re.DOTALL | re.VERBOSE,
)
_NAME = r'(?:public\.)?"?(\w+)"?'
_CREATE_TABLE = re.compile(
    rf"CREATE TABLE (?:IF NOT EXISTS )?{_NAME} ?\((.*?)\)(?: ?WITH \([^)]*\))?", re.DOTALL | re.IGNORECASE
)
_CREATE_LIKE = re.compile(
    rf"CREATE TABLE {_NAME} ?\(LIKE {_NAME} INCLUDING ALL\)(?: ?PARTITION BY .*)?", re.DOTALL | re.IGNORECASE
)
_CREATE_PARTITION = re.compile(rf"CREATE TABLE {_NAME} PARTITION OF ", re.IGNORECASE)
_RENAME_TABLE = re.compile(rf"ALTER TABLE {_NAME} RENAME TO {_NAME}", re.IGNORECASE)
_DROP_TABLE = re.compile(rf"DROP TABLE {_NAME}", re.IGNORECASE)
_ALTER_TABLE = re.compile(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{_NAME} (.*)", re.DOTALL | re.IGNORECASE)
_ADD_COLUMN = re.compile(r"ADD COLUMN (?:IF NOT EXISTS )?(.*)", re.DOTALL | re.IGNORECASE)
_DROP_COLUMN = re.compile(r'DROP COLUMN (?:IF EXISTS )?"?(\w+)"?', re.IGNORECASE)
_ADD_KEY = re.compile(r"ADD (PRIMARY KEY ?\(.*\))", re.IGNORECASE)
_DROP_DEFAULT = re.compile(r'ALTER COLUMN "?(\w+)"? DROP DEFAULT', re.IGNORECASE)
_RENAME_COLUMN = re.compile(r'RENAME COLUMN "?(\w+)"? TO "?(\w+)"?', re.IGNORECASE)
_NULLABLE = re.compile(r'ALTER COLUMN "?(\w+)"? (SET|DROP) NOT NULL', re.IGNORECASE)
_ADD_CONSTRAINT = re.compile(r"ADD CONSTRAINT (\w+) (.*?)(?: NOT VALID)?", re.DOTALL | re.IGNORECASE)
_DROP_CONSTRAINT = re.compile(r"DROP CONSTRAINT (?:IF EXISTS )?(\w+)", re.IGNORECASE)
_CHECK = re.compile(r" ?CHECK \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", re.IGNORECASE)
_COMMENT = re.compile(rf"COMMENT ON COLUMN {_NAME}\.\"?(\w+)\"? IS '(.*)'", re.DOTALL | re.IGNORECASE)
_TABLE_CONSTRAINT = re.compile(r"(CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK|FOREIGN KEY|EXCLUDE)\b", re.IGNORECASE)
_COLUMN = re.compile(
    r'"?(\w+)"?\s+(.+?)'
    r"(?:\s+((?:CONSTRAINT|NOT NULL|NULL|DEFAULT|PRIMARY KEY|UNIQUE|CHECK|REFERENCES|GENERATED|COLLATE)\b.*))?",
    re.DOTALL | re.IGNORECASE,
)
_KEY = re.compile(r"(PRIMARY KEY|UNIQUE)\s*\(([^)]*)\)", re.IGNORECASE)


@dataclass
class ColumnDefinition:
    """One column: its type and its rules (NOT NULL, CHECK ...) as written in the migration."""

    type: str
    rules: str
    comment: str | None = None
    in_primary_key: bool = False
    is_unique: bool = False


@dataclass
class TableDefinition:
    """One table: its columns in order, its table constraints as written."""

    columns: dict[str, ColumnDefinition] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)

    def schema(self) -> dg.TableSchema:
        """The table as the UI shows it."""
        return dg.TableSchema(
            columns=[
                dg.TableColumn(name, type=column.type, description=column.comment, constraints=_constraints(column))
                for name, column in self.columns.items()
            ],
            constraints=dg.TableConstraints(other=self.rules) if self.rules else None,
        )


def table_schema(table: str) -> dg.TableSchema:
    """Columns of a table in order, with type, description and constraints.

    Raises:
        ValueError: if no migration creates the table.
    """
    return _definition(table).schema()


@functools.cache
def migrated_tables() -> Mapping[str, TableDefinition]:
    """The tables that the migrations create, by name."""
    paths = sorted((sql_folder() / "migrations").glob("*.sql"))
    return read_tables(path.read_text(encoding="utf-8") for path in paths if ".rollback." not in path.name)


def read_tables(scripts: Iterable[str]) -> Mapping[str, TableDefinition]:
    """The tables that these SQL scripts create when run in the given order."""
    found: dict[str, TableDefinition] = {}
    for script in scripts:
        for statement in _split(script, ";"):
            _apply(statement, found)
    return MappingProxyType(found)


def _definition(table: str) -> TableDefinition:
    known = migrated_tables()
    if table not in known:
        raise ValueError(f"No migration creates a table {table!r}; there are {', '.join(sorted(known))}.")
    return known[table]


def _apply(statement: str, tables: dict[str, TableDefinition]) -> None:
    """Apply one statement; statements that change no column are ignored."""
    if copied := _CREATE_LIKE.fullmatch(statement):
        tables[copied[1]] = copy.deepcopy(tables[copied[2]])
    elif _CREATE_PARTITION.match(statement):
        return
    elif created := _CREATE_TABLE.fullmatch(statement):
        table = tables[created[1]] = TableDefinition()
        for item in _split(created[2], ","):
            _define(item, table)
    elif renamed := _RENAME_TABLE.fullmatch(statement):
        tables[renamed[2]] = tables.pop(renamed[1])
    elif altered := _ALTER_TABLE.fullmatch(statement):
        for action in _split(altered[2], ","):
            _alter(action, altered[1], tables[altered[1]])
    elif dropped := _DROP_TABLE.fullmatch(statement):
        del tables[dropped[1]]
    elif comment := _COMMENT.fullmatch(statement):
        tables[comment[1]].columns[comment[2]].comment = comment[3].replace("''", "'")


def _alter(action: str, name: str, table: TableDefinition) -> None:
    """Apply one action of an ALTER TABLE."""
    for pattern, apply in _ACTIONS:
        if found := pattern.fullmatch(action):
            apply(found, name, table)
            return


def _add(added: re.Match[str], _name: str, table: TableDefinition) -> None:
    _define(added[1], table)


def _rename_column(renamed: re.Match[str], _name: str, table: TableDefinition) -> None:
    old, new = renamed[1], renamed[2]
    table.columns = {new if column == old else column: rules for column, rules in table.columns.items()}


def _drop_column(dropped: re.Match[str], _name: str, table: TableDefinition) -> None:
    del table.columns[dropped[1]]


def _set_nullable(nullable: re.Match[str], _name: str, table: TableDefinition) -> None:
    column = table.columns[nullable[1]]
    column.rules = _without("NOT NULL", column.rules)
    if nullable[2].upper() == "SET":
        column.rules = f"NOT NULL {column.rules}".strip()


def _drop_default(dropped: re.Match[str], _name: str, table: TableDefinition) -> None:
    column = table.columns[dropped[1]]
    column.rules = _without(r"DEFAULT \S+", column.rules)


def _add_constraint(constraint: re.Match[str], name: str, table: TableDefinition) -> None:
    """A CHECK that is named after a column is shown at that column."""
    if checked := _column_of_check(constraint[1], name, table):
        checked.rules = f"{checked.rules} {constraint[2]}".strip()
    else:
        table.rules.append(f"CONSTRAINT {constraint[1]} {constraint[2]}")


def _drop_constraint(dropped: re.Match[str], name: str, table: TableDefinition) -> None:
    if checked := _column_of_check(dropped[1], name, table):
        checked.rules = _CHECK.sub("", checked.rules).strip()
    if dropped[1] == f"{name}_pkey":
        for column in table.columns.values():
            column.in_primary_key = False
            column.rules = _without("PRIMARY KEY", column.rules)
    table.rules = [rule for rule in table.rules if dropped[1] != _constraint_name(rule, name)]


_ACTIONS = (
    (_ADD_COLUMN, _add),
    (_ADD_KEY, _add),
    (_DROP_COLUMN, _drop_column),
    (_RENAME_COLUMN, _rename_column),
    (_NULLABLE, _set_nullable),
    (_DROP_DEFAULT, _drop_default),
    (_ADD_CONSTRAINT, _add_constraint),
    (_DROP_CONSTRAINT, _drop_constraint),
)


def _constraint_name(rule: str, table: str) -> str:
    """The name of a table constraint: the given one, or the one that PostgreSQL generates for a key."""
    if not (key := _KEY.match(rule)):
        return rule.split()[1]
    columns = [] if key[1].upper() == "PRIMARY KEY" else [name.strip(' "') for name in key[2].split(",")]
    return "_".join([table, *columns, "key" if columns else "pkey"])


def _without(rule: str, rules: str) -> str:
    return re.sub(rf"{rule} ?", "", rules, flags=re.IGNORECASE).strip()


def _column_of_check(constraint: str, name: str, table: TableDefinition) -> ColumnDefinition | None:
    """The column for whose CHECK PostgreSQL generates this name."""
    return table.columns.get(constraint.removeprefix(f"{name}_").removesuffix("_check"))


def _define(item: str, table: TableDefinition) -> None:
    """Add a column or a table constraint to the table."""
    if _TABLE_CONSTRAINT.match(item):
        table.rules.append(item)
        if key := _KEY.search(item):
            _mark_key(key[1].upper(), [name.strip(' "') for name in key[2].split(",")], table)
    elif column := _COLUMN.fullmatch(item):
        table.columns[column[1]] = ColumnDefinition(type=column[2], rules=column[3] or "")


def _mark_key(kind: str, names: list[str], table: TableDefinition) -> None:
    for name in names:
        table.columns[name].in_primary_key |= kind == "PRIMARY KEY"
        table.columns[name].is_unique |= len(names) == 1


def _constraints(column: ColumnDefinition) -> dg.TableColumnConstraints:
    is_key = column.in_primary_key or _has("PRIMARY KEY", column)
    more = re.sub(r"^NOT NULL ?|^PRIMARY KEY ?|^UNIQUE ?", "", column.rules, flags=re.IGNORECASE)
    return dg.TableColumnConstraints(
        nullable=not (is_key or _has("(?<!IS )NOT NULL", column) or _has("AS IDENTITY", column)),
        unique=column.is_unique or _has("UNIQUE", column) or _has("PRIMARY KEY", column),
        other=[more] if more else [],
    )


def _has(rule: str, column: ColumnDefinition) -> bool:
    return re.search(rf"\b{rule}\b", column.rules, re.IGNORECASE) is not None


def _split(script: str, separator: str) -> list[str]:
    """Pieces between separators outside parentheses and quotes, without comments, with single spaces."""
    pieces, depth = [""], 0
    for token in _TOKENS.finditer(script):
        text = token[0]
        if text.startswith(("--", "/*")):
            text = " "
        elif not text.startswith(("'", "$")):
            text = re.sub(r"\s+", " ", text)
        depth += (text == "(") - (text == ")")
        if text == separator and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += text
    return [piece.strip() for piece in pieces if piece.strip()]
