"""What is wrong with a project file, in the words of the person who wrote it.

Pure functions on the raw values of the TOML file, so that a problem in one table does not
hide one in another: pydantic's findings are translated, and what only several tables
together can show (a side nobody declared, a key used twice) is looked up here.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_origin

from frontline.errors import (
    COLOUR_PATTERN,
    ID_PATTERN,
    KEY_PATTERN,
    NAME_PATTERN,
    find_closest,
    show_value,
    suggest_name,
)
from frontline.project.series import is_key_of_series

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails


Raw = Mapping[str, Any]
Problem = tuple[str, str]
"""Dotted key, and what is wrong with it."""

_EXPECTED = {
    "float_type": "a number, without quotes",
    "int_type": "a whole number, without quotes",
    "int_from_float": "a whole number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table: { column = value }",
    "model_type": "a table",
    "finite_number": "a finite number",
    "path_type": "text in quotes",
}


def write_place(loc: Sequence[str | int], *, raw: Any) -> str:
    """Write a place in the file as ``lines.line_2020.error_m``.

    An entry of a list of tables goes by its key, name or id; without one, or with one too long
    to read, by its number, counted from 1 as people count.
    """
    parts: list[str] = []
    entry = raw
    for step in loc:
        if isinstance(step, int):
            entry = entry[step] if isinstance(entry, list | tuple) and step < len(entry) else None
            named = _find_own_name(entry)
            parts.append(named or str(step + 1))
        else:
            entry = entry.get(step) if isinstance(entry, Mapping) else None
            parts.append(step)
    return ".".join(parts)


def _find_own_name(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    for key in ("key", "name", "id"):
        if isinstance(entry.get(key), str) and 0 < len(entry[key].strip()) <= 60:
            return str(entry[key])
    return ""


def describe_problems(
    errors: Sequence[ErrorDetails], *, raw: Raw, model: type[BaseModel]
) -> list[Problem]:
    """Translate the findings of pydantic.

    Parameters
    ----------
    errors
        ``ValidationError.errors()``.
    raw
        What the file says.
    model
        The model that was validated.
    """
    problems: list[Problem] = []
    members: dict[str, list[str]] = {}
    for error in errors:
        loc = drop_union_members(error["loc"])
        place = write_place(loc, raw=raw)
        if len(loc) < len(error["loc"]) and error["type"] in _EXPECTED:
            expected = members.setdefault(place, [])
            expected.append(_EXPECTED[error["type"]])
            kinds = " or ".join(dict.fromkeys(expected))
            text = f"{show_value(error['input'])} does not fit (expected {kinds}). Correct it."
            problems = [problem for problem in problems if problem[0] != place]
            problems.append((place, text))
        # a list whose entries are all wrong is called too short as well: that says nothing
        elif error["type"] == "tuple_type" and isinstance(error["input"], Mapping):
            text = f"is one table (expected a list of them). Write [[{place}]], in double brackets."
            problems.append((place, text))
        elif not (error["type"] == "too_short" and error["input"]):
            problems.append((place, _describe_error(error, loc, model)))
    return list(dict.fromkeys(problems))


_MEMBERS = frozenset({"float", "str", "int", "bool", "tuple[str, ...]"})


def drop_union_members(loc: Sequence[str | int]) -> list[str | int]:
    """Leave out the steps of pydantic that the file has not: each member of a union is one."""
    return [step for step in loc if step not in _MEMBERS]


def _describe_error(error: ErrorDetails, loc: list[str | int], model: type[BaseModel]) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        text = f"unknown key.{_suggest_key(str(loc[-1]), loc[:-1], model)}"
    elif kind == "missing":
        field = _find_model_at(loc[:-1], model).model_fields.get(str(loc[-1]))
        meaning = f" ({field.description})" if field is not None and field.description else ""
        text = f"is missing{meaning}. Add it."
    elif kind in {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}:
        text = (
            f"{show_value(value)} is out of range (allowed: {_describe_range(kind, context)}). "
            "Correct it."
        )
    elif kind == "literal_error":
        listed = str(context["expected"]).replace(" or ", ", ").split(",")
        allowed = [word.strip("' ") for word in listed]
        text = f"{show_value(value)} is not one of {', '.join(allowed)}. Choose one."
    elif kind == "string_pattern_mismatch":
        pattern = _PATTERNS.get(str(context["pattern"]), "another form")
        text = f"{show_value(value)} does not fit (expected {pattern}). Rename it."
    elif kind in {"too_short", "string_too_short"}:
        text = "is empty (expected at least one). Fill it, or remove it."
    elif kind == "too_long":
        most = context["max_length"]
        text = f"has {context['actual_length']} entries (allowed: {most}). Remove some."
    elif kind == "value_error" or kind.startswith("frontline"):
        text = str(context.get("error", error["msg"]))
    elif kind in _EXPECTED:
        text = f"{show_value(value)} does not fit (expected {_EXPECTED[kind]}). Correct it."
    else:
        text = f"{show_value(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}. Correct it."
    return text


_PATTERNS = {
    ID_PATTERN: "a letter, then letters, digits, dots, - and _, at most 41",
    KEY_PATTERN: "small letters, digits and _, a letter first, at most 41",
    COLOUR_PATTERN: "a colour like #0072b2",
    NAME_PATTERN: "a name that can be read",
}


def _describe_range(kind: str, limits: Mapping[str, Any]) -> str:
    words = {
        "greater_than_equal": ("at least", "ge"),
        "less_than_equal": ("at most", "le"),
        "greater_than": ("more than", "gt"),
        "less_than": ("less than", "lt"),
    }
    word, limit = words[kind]
    return f"{word} {limits[limit]:,.10g}"


def _suggest_key(word: str, loc: Sequence[str | int], model: type[BaseModel]) -> str:
    """Offer the nearest key of this table, else of another one, else list this table's."""
    keys = list(_find_model_at(loc, model).model_fields)
    alike = find_closest(word, words=keys)
    if alike:
        return f" Did you mean '{alike}'?"
    # tables that stand once come first: a lost 'distence_m' is more likely of [zones] than
    # of one of many [[stated]]
    tables = sorted(_list_tables(model), key=lambda table: table[0].startswith("[["))
    for heading, part in tables:
        alike = find_closest(word, words=list(part.model_fields))
        if alike:
            return f" Did you mean '{alike}' in {heading}?"
    return suggest_name(word, words=keys)


def _list_tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        part = find_model(field.annotation)
        if part is not None:
            yield write_heading(name, annotation=field.annotation), part


def write_heading(name: str, *, annotation: Any) -> str:
    """Write the heading of a table as TOML does: ``[zones]`` or, for a list, ``[[lines]]``."""
    return f"[[{name}]]" if get_origin(annotation) is tuple else f"[{name}]"


def _find_model_at(loc: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel]:
    table = model
    for step in loc:
        if isinstance(step, str) and step in table.model_fields:
            table = find_model(table.model_fields[step].annotation) or table
    return table


def find_model(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        return annotation
    for argument in get_args(annotation):
        inner = find_model(argument)
        if inner is not None:
            return inner
    return None


def find_cross_problems(raw: Raw) -> list[Problem]:
    """Find what only several entries together show.

    Values of the wrong type are passed over: pydantic reports those.
    """
    problems = [
        *_find_duplicates(raw, "lines", "key"),
        *_find_duplicates(raw, "partitions", "key"),
        *_find_duplicates(raw, "population", "key"),
        *_find_duplicates(raw, "stated", "id"),
        *_find_duplicates(raw, "totals", "id"),
        *_find_duplicates(raw, "sides", "name"),
        *_find_duplicates(raw, "sections", "key"),
        *_find_duplicates(raw, "scenarios", "key"),
        *_find_reference_problems(raw),
        *_find_side_problems(raw),
        *_find_state_problems(raw),
        *_find_stated_problems(raw),
        *_find_displacement_problems(raw),
        *_find_canopy_problems(raw),
    ]
    lone = _list_texts(raw, "sides", "name")
    if _are_all_states(raw):
        return problems
    if "sides" not in raw:
        problems.append(("sides", "is missing. Add two or more [[sides]] with a name and a seed."))
    elif len(lone) == 1:
        problems.append(
            ("sides", f"there is only {show_value(lone[0])}: a line has two. Add the other.")
        )
    return problems


_OF_FILES = frozenset({"path", "layer", "columns", "select", "parts", "rates", "claims", "tiles"})
"""Keys whose words are those of a file, whatever it calls its things."""


def find_control_characters(raw: Any, *, place: tuple[str | int, ...] = ()) -> list[Problem]:
    """Find text that no document can hold: tables and pages are made of it at the end of a run."""
    if isinstance(raw, str):
        odd = {char for char in raw if unicodedata.category(char) in {"Cc", "Cs"}} - {"\n", "\t"}
        key = ".".join(str(step + 1 if isinstance(step, int) else step) for step in place)
        text = f"{show_value(raw)} holds a control character (expected plain text). Remove it."
        return [(key, text)] if odd else []
    inner: list[tuple[str | int, Any]] = []
    if isinstance(raw, Mapping):
        inner = [(key, value) for key, value in raw.items() if key not in _OF_FILES]
    elif isinstance(raw, list):
        inner = list(enumerate(raw))
    return [
        problem
        for key, value in inner
        for problem in find_control_characters(value, place=(*place, key))
    ]


def _list_entries(raw: Raw, name: str) -> list[Raw]:
    value = raw.get(name)
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )


def _list_texts(raw: Raw, name: str, key: str) -> list[str]:
    return [entry[key] for entry in _list_entries(raw, name) if isinstance(entry.get(key), str)]


def _are_all_states(raw: Raw) -> bool:
    return all("side_column" in line or "held_by" in line for line in _list_entries(raw, "lines"))


def _is_unknown_line(key: str, raw: Raw) -> bool:
    """Tell whether no line has a key; those of many dates in one layer are known later."""
    many = [line.get("key", "line") for line in _list_entries(raw, "lines") if "each" in line]
    prefixes = [prefix for prefix in many if isinstance(prefix, str)]
    return key not in _list_texts(raw, "lines", "key") and not is_key_of_series(
        key, prefixes=prefixes
    )


def _find_state_problems(raw: Raw) -> Iterator[Problem]:
    """Find sides that a line of states names and nobody declared."""
    known = _list_texts(raw, "sides", "name")
    lines = [(f"lines.{_find_own_name(line) or '?'}", line) for line in _list_entries(raw, "lines")]
    drawings = [
        (f"{place}.alternatives.{_find_own_name(other) or '?'}", other)
        for place, line in lines
        for other in _list_entries(line, "alternatives")
    ]
    for place, line in (*lines, *drawings) if known else ():
        holders = line.get("holders")
        named = [(key, line.get(key)) for key in ("held_by", "rest_side")]
        if isinstance(holders, Mapping):
            named += [(f"holders.{show_value(key)}", word) for key, word in holders.items() if word]
        for key, word in named:
            if isinstance(word, str) and word not in known:
                yield (
                    f"{place}.{key}",
                    f"there is no side {show_value(word)}.{suggest_name(word, words=known)}",
                )


def _find_duplicates(raw: Raw, table: str, key: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for word in _list_texts(raw, table, key):
        folded = word.strip().casefold()
        if folded in seen:
            yield (
                f"{table}.{key}",
                f"{show_value(word)} stands there twice. Give each its own {key}.",
            )
        seen.add(folded)


def _find_reference_problems(raw: Raw) -> Iterator[Problem]:
    """Find sections and scenarios that name a line, side or partition that is not there."""
    lines, sides = _list_texts(raw, "lines", "key"), _list_texts(raw, "sides", "name")
    partitions = [
        *_list_texts(raw, "partitions", "key"),
        *(["districts"] if "districts" in raw else []),
    ]
    named = {
        "line": ("line", lines),
        "from_line": ("line", lines),
        "partition": ("partition", partitions),
        "hand_over": ("partition", partitions),
        "without": ("partition", partitions),
        "side": ("side", sides or None),
        "to_side": ("side", sides or None),
    }
    for table in ("sections", "scenarios"):
        for entry in _list_entries(raw, table):
            place = f"{table}.{_find_own_name(entry) or '?'}"
            for key, (what, known) in named.items():
                word = entry.get(key)
                if what == "line" and isinstance(word, str) and not _is_unknown_line(word, raw):
                    continue
                if isinstance(word, str) and known is not None and word not in known:
                    yield (
                        f"{place}.{key}",
                        f"there is no {what} {show_value(word)}.{suggest_name(word, words=known)}",
                    )
            if table == "scenarios" and entry.get("key") in lines:
                yield f"{place}.key", "is the key of a line as well. Give the scenario its own."


def _find_side_problems(raw: Raw) -> Iterator[Problem]:
    keys = _list_texts(raw, "lines", "key")
    sides = _list_entries(raw, "sides")
    without = [side for side in sides if not side.get("seed") and not side.get("hand")]
    derived = len(sides) == 2 and len(without) == 1
    for side in sides:
        place = f"sides.{_find_own_name(side) or sides.index(side) + 1}"
        if side in without and not derived and not _are_all_states(raw):
            yield (
                place,
                (
                    "has neither a seed nor a hand. Add seed = [lon, lat], a point that surely "
                    "lies on this side."
                ),
            )
        if side.get("seed") and side.get("hand"):
            yield place, "has both a seed and a hand. Keep one of them."
        listed = side.get("lines")
        for key in listed if isinstance(listed, list) else []:
            if isinstance(key, str) and _is_unknown_line(key, raw):
                yield (
                    f"{place}.lines",
                    f"there is no line {show_value(key)}.{suggest_name(key, words=keys)}",
                )
    for hand in ("left", "right"):
        names = [
            _find_own_name(side)
            for side in sides
            if side.get("hand") == hand and not side.get("lines")
        ]
        if len(names) > 1:
            both = f"{show_value(names[0])} and {show_value(names[1])}"
            yield "sides.hand", f"{both} are both on the {hand}. Correct one."


def _find_canopy_problems(raw: Raw) -> Iterator[Problem]:
    """Refuse trees upon a model that holds them already, and trees of a cover nobody named."""
    elevation = raw.get("elevation")
    canopy = elevation.get("canopy") if isinstance(elevation, Mapping) else None
    if not isinstance(elevation, Mapping) or not isinstance(canopy, Mapping):
        return
    model = elevation.get("model", "unknown")
    if model != "ground":
        fault = "holds trees already" if model == "surface" else "may hold trees already"
        yield (
            "elevation.canopy",
            (
                f"the elevation {fault}: model = {show_value(model)} (expected 'ground'). Remove "
                "canopy, or use elevation of the bare ground."
            ),
        )
    if "height_m" in canopy and "landcover" not in raw:
        yield (
            "elevation.canopy.height_m",
            "no [landcover] says where trees are. Add it, or give a path instead.",
        )


def _find_displacement_problems(raw: Raw) -> Iterator[Problem]:
    """Find displacements of unknown sides, or without the flows that they name rows of."""
    sides = _list_texts(raw, "sides", "name")
    for entry in _list_entries(raw, "displacements"):
        if "flows" not in raw:
            yield "displacements", "names rows of flows, and there are none. Add [flows]."
            return
        names = entry.get("sides")
        for side in names if isinstance(names, list) else ():
            if isinstance(side, str) and sides and side not in sides:
                offer = suggest_name(side, words=sides)
                yield "displacements.sides", f"there is no side {show_value(side)}.{offer}"


def _find_stated_problems(raw: Raw) -> Iterator[Problem]:
    keys, sides = _list_texts(raw, "lines", "key"), _list_texts(raw, "sides", "name")
    zones = raw.get("zones")
    listed = zones.get("distances_m") if isinstance(zones, Mapping) else None
    distances = [
        float(value)
        for value in (listed if isinstance(listed, list) else [5e3, 10e3, 15e3])
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    named = [(name, entry) for name in ("stated", "totals") for entry in _list_entries(raw, name)]
    for name, entry in named:
        place = f"{name}.{_find_own_name(entry) or '?'}"
        line, side = entry.get("line"), entry.get("side")
        if isinstance(line, str) and _is_unknown_line(line, raw):
            yield (
                f"{place}.line",
                f"there is no line {show_value(line)}.{suggest_name(line, words=keys)}",
            )
        if isinstance(side, str) and sides and side not in sides:
            yield (
                f"{place}.side",
                f"there is no side {show_value(side)}.{suggest_name(side, words=sides)}",
            )
        low, high = entry.get("low"), entry.get("high")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            yield place, f"low = {low} is more than high = {high}. Swap them."
        distance = entry.get("distance_m")
        if isinstance(distance, int | float) and not any(
            math.isclose(distance, d) for d in distances
        ):
            yield (
                f"{place}.distance_m",
                (
                    f"{distance:.10g} is not one of the project's distances "
                    f"({', '.join(f'{d:.10g}' for d in distances)}). Add it to zones.distances_m."
                ),
            )
