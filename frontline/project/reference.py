"""Every key of the project file and every column of the layers, as Markdown."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from frontline.project.layers import POPULATION_KINDS, ROLES, TABLES
from frontline.project.messages import find_model, write_heading
from frontline.project.models import LayerSource, Project

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


_HEAD = "| key | value | default | what it says |\n|---|---|---|---|"


def schema_markdown() -> str:
    """Describe the project file and the layers.

    Returns
    -------
    Markdown, generated from the pydantic models and from the columns that are read, so that
    it cannot say anything else than the program does.
    """
    fields = {name: field for name, field in Project.model_fields.items() if name != "path"}
    plain = {name: field for name, field in fields.items() if find_model(field.annotation) is None}
    shared = LayerSource.model_fields
    blocks = ["## Keys of the project file", "", *_write_table(plain), ""]
    blocks += ["### Keys of every vector layer", "", *_write_table(shared)]
    for name, field in fields.items():
        part = find_model(field.annotation)
        if part is None:
            continue
        blocks += [
            "",
            f"### `{write_heading(name, annotation=field.annotation)}`",
            "",
            _write_sentence(field),
        ]
        special = part.model_fields
        if issubclass(part, LayerSource):
            special = {
                key: inner for key, inner in special.items() if key not in shared or key == "date"
            }
            special = {} if part is LayerSource else special
            blocks[-1] += " The keys of every vector layer" + (", and:" if special else ".")
        blocks += ["", *_write_table(special)] if special else []
        blocks += _describe_inner_tables(name, special)
    return "\n".join([*blocks, "", *_describe_layers()]) + "\n"


def _describe_inner_tables(name: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    """Describe the tables within a table."""
    for key, field in fields.items():
        part = find_model(field.annotation)
        if part is not None:
            heading = write_heading(f"{name}.{key}", annotation=field.annotation)
            yield from ("", f"### `{heading}`", "", _write_sentence(field), "")
            shared = LayerSource.model_fields if issubclass(part, LayerSource) else {}
            if shared:
                yield from ("The keys of every vector layer, and:", "")
            yield from _write_table(
                {key: inner for key, inner in part.model_fields.items() if key not in shared}
            )


def _write_table(fields: Mapping[str, FieldInfo]) -> list[str]:
    return [_HEAD, *(_write_row(name, field) for name, field in fields.items())]


def _write_sentence(field: FieldInfo) -> str:
    text = field.description or ""
    needed = " Needed." if field.is_required() else ""
    return f"{text[:1].upper()}{text[1:]}.{needed}"


def _write_row(name: str, field: FieldInfo) -> str:
    limits = ", ".join(_list_limits(field))
    values = _name_type(field.annotation)
    default = "needed" if field.is_required() else _write_value(field.default)
    return _write_cells(
        f"`{name}`", f"{values}{f' ({limits})' if limits else ''}", default, field.description or ""
    )


def _write_cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _list_limits(field: FieldInfo) -> Iterator[str]:
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    for constraint in field.metadata:
        for name, sign in signs.items():
            limit = getattr(constraint, name, None)
            if limit is not None:
                yield f"{sign} {limit:,.10g}"


def _name_type(annotation: Any) -> str:
    """Name a type in the words of TOML."""
    names = {
        "str": "text",
        "float": "number",
        "int": "whole number",
        "bool": "true / false",
        "date": "date",
        "NoneType": "",
    }
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        text = " / ".join(f"`{word}`" for word in arguments)
    elif origin in {Union, types.UnionType}:
        text = " or ".join(name for name in map(_name_type, arguments) if name)
    elif origin is tuple:
        inner = [_name_type(argument) for argument in arguments if argument is not Ellipsis]
        text = f"list of {inner[0]}" if Ellipsis in arguments else f"[{', '.join(inner)}]"
    elif origin is dict:
        text = "{ text = value }"
    elif hasattr(annotation, "__metadata__"):
        text = _name_type(arguments[0])
    elif isinstance(annotation, type) and issubclass(annotation, Path):
        text = "path"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = "a table"
    else:
        text = names.get(getattr(annotation, "__name__", ""), str(annotation))
    return text


def _write_value(value: Any) -> str:
    if value is None or value == "" or value in ({}, ()) or value is PydanticUndefined:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(_write_value(item).strip('`') for item in value)}]`"
    if isinstance(value, dict):
        pairs = [
            f"{_quote_key(key)} = {_write_value(entry).strip('`')}" for key, entry in value.items()
        ]
        return f"`{{ {', '.join(pairs)} }}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return "" if isinstance(value, BaseModel) else f"`{value:.10g}`"


def _quote_key(name: str) -> str:
    """Quote a key of TOML where it needs that."""
    return name if name.replace("-", "_").isidentifier() else f'"{name}"'


def _describe_layers() -> Iterator[str]:
    yield "## Columns of the layers"
    yield ""
    yield (
        'A column of another name is mapped by `columns = { ours = "theirs" }`; columns that are '
        "not listed are carried through. Cells may be empty: that means unknown. "
        f"`population_kind` is one of {', '.join(POPULATION_KINDS)}."
    )
    for role in (*ROLES.values(), *TABLES.values()):
        shapes = " or ".join(role.shapes) or "table without geometry"
        yield from (
            "",
            f"### `{role.name}`",
            "",
            f"{role.description[:1].upper()}{role.description[1:]} ({shapes}).",
        )
        if role.columns:
            yield from (
                "",
                "| column | value | also read from | what it says |",
                "|---|---|---|---|",
            )
        for column in role.columns:
            also = ", ".join(f"`{name}`" for name in column.also)
            needed = ". Needed." if column.needed else ""
            yield _write_cells(
                f"`{column.name}`", column.kind, also, f"{column.description}{needed}"
            )
