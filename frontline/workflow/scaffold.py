"""The first steps with a project: guesses from a folder of layers, a project file to begin with."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from frontline.errors import LayerError, OutputError, to_one_line
from frontline.inputs.csv import place_rows, read_csv
from frontline.inputs.fields import find_alike
from frontline.inputs.formats import VectorFile, open_vector, read_vector
from frontline.project.layers import CORRIDORS, DISTRICTS, POINTS, SETTLEMENTS
from frontline.workflow import recognition
from frontline.workflow.recognition import FoundDate, find_date

ENDINGS = (".gpkg", ".geojson", ".json", ".fgb", ".shp", ".zip", ".kml", ".kmz", ".csv", ".xlsx")

_WORDS = (
    # the first role whose geometry and words fit is taken
    ("study_area", "polygon", ("study", "aoi", "extent", "area of interest", "studyarea")),
    ("partitions", "polygon", ("former", "oblast", "historic", "partition")),
    ("districts", "polygon", ("district", "adm", "rayon", "raion", "province", "region", "county")),
    ("settlements", "polygon", ("settle", "built", "village", "town", "city", "urban", "place")),
    (
        "corridors",
        "line",
        ("road", "rail", "canal", "pipe", "corridor", "route", "river", "street"),
    ),
    ("lines", "line", ("front", "line", "contact", "ceasefire", "control", "loc")),
    ("settlements", "point", ("settle", "place", "village", "town", "city", "cities", "popul")),
    ("points", "point", ("point", "height", "peak", "post", "poi", "reservoir", "crossing")),
)

SURE, LIKELY, UNSURE = "sure", "likely", "a guess"


@dataclass(frozen=True)
class LayerGuess:
    """What a layer may be.

    Parameters
    ----------
    role
        Key of the project file, or "" where nothing fits.
    why
        The reason, for people.
    file
        Name of the file in the folder.
    layer
        Name of the layer; None where the file has one only.
    frame
        Its features, EPSG:4326 as far as that is known.
    keys
        Further keys for the project file, such as ``crs`` and ``columns``.
    sure
        How sure the guess is: ``sure``, ``likely`` or ``a guess``.
    """

    role: str
    why: str
    file: str
    layer: str | None
    frame: gpd.GeoDataFrame
    keys: dict[str, Any] = field(default_factory=dict)
    sure: str = LIKELY


def guess_layers(folder: Path) -> tuple[list[LayerGuess], list[str]]:
    """Guess what the vector files of a folder are for.

    Parameters
    ----------
    folder
        Only files directly in it are looked at, in the order of their names.

    Returns
    -------
    guesses, left_out
        One per layer; and a sentence per file that could not be read.
    """
    found: list[LayerGuess] = []
    left_out: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        try:
            with open_vector(path, shown=path.name) as file:
                found += [_guess(file, layer) for layer in file.layers]
        except LayerError as error:
            left_out.append(f"Left out {error}")
    return found, left_out


def _guess(file: VectorFile, layer: str) -> LayerGuess:
    frame, keys = _features(file, layer)
    named = layer if len(file.layers) > 1 else None
    columns = [str(name) for name in frame.columns if name != frame.geometry.name]
    shape = _shape(frame)
    stem = file.path.stem
    if shape == "point" and _are_labels(f"{stem} {layer}", columns):
        why = "label points of administrative units: names of polygons, not places with people"
        return LayerGuess("", why, file.path.name, named, frame, keys, LIKELY)
    role, why, sure = _role(stem, layer, shape, columns)
    holding = _holding(f"{stem} {layer}", shape, columns, frame) if role != "settlements" else None
    if holding is not None:
        role, why, sure, more = holding
        keys |= more
    if role in {"settlements", "points", "districts"}:
        mapped, doubt = _mapped(role, columns, frame)
        mapped |= keys.pop("columns", {})
        keys |= {"columns": mapped} if mapped else {}
        sure = UNSURE if doubt else sure
        why += f"; {doubt}" if doubt else ""
    return LayerGuess(role, why, file.path.name, named, frame, keys, sure)


def _are_labels(name: str, columns: Sequence[str]) -> bool:
    """Tell whether points carry the names of polygons, as the layers of labels of P-codes do."""
    said = any(word in name.casefold() for word in recognition.LABEL_WORDS)
    return said and (recognition.find_code(columns) is not None or "label" in name.casefold())


def _holding(
    name: str, shape: str, columns: Sequence[str], frame: gpd.GeoDataFrame
) -> tuple[str, str, str, dict[str, Any]] | None:
    """Recognise polygons of control: by a column of holders, or by their name."""
    if shape != "polygon":
        return None
    holder = recognition.find_holder(columns)
    parties = [] if holder is None else list(frame[holder].dropna().astype(str).unique())
    shown = to_one_line(holder or "")
    if holder is not None and 1 < len(parties) <= MOST_PARTIES:
        why = f"polygons with a column '{shown}': a state, not a line"
        return "lines", why, SURE, {"side_column": holder}
    told = next((word for word in recognition.HOLDING_WORDS if word in name.casefold()), None)
    coded = recognition.find_code(columns) is not None
    if len(parties) != 1 and (told is None or coded):
        return None
    party = parties[0] if parties else "Side A"
    by = f"a column '{shown}' of one holder" if parties else f"'{told}' in the name"
    why = f"polygons, and {by}: the land of one side"
    return "lines", why, LIKELY, {"held_by": party, "rest_side": _other_than(party)}


MOST_PARTIES = 20
"""A column of more values than this names places, not who holds them."""


def _other_than(party: str) -> str:
    return "Side B" if party != "Side B" else "Side A"


def _features(file: VectorFile, layer: str) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    keys: dict[str, Any] = {}
    if file.format in {"CSV", "XLSX"}:
        if file.format == "CSV":
            table = read_csv(file)
        else:
            sheet, _ = read_vector(file, layer=layer)
            table = sheet.drop(columns=sheet.geometry.name)
        tagged = dict(recognition.hxl_columns(table))
        if tagged:
            table = table.iloc[1:]
            keys["columns"] = {ours: name for ours, name in tagged.items() if ours != "code"}
        place: dict[str, str] = {ours: tagged[ours] for ours in ("lon", "lat") if ours in tagged}
        sheet_name = None if file.format == "CSV" else layer
        return place_rows(table, file=file, layer=sheet_name, columns=place).set_crs(4326), keys
    frame, _ = read_vector(file, layer=layer)
    if frame.crs is None and frame.geometry.notna().any():
        if (np.abs(frame.total_bounds) <= [180, 90, 180, 90]).all():
            keys["crs"] = "EPSG:4326"
            frame = frame.set_crs(4326)
    elif frame.crs is not None:
        frame = frame.to_crs(4326)
    return frame, keys


def _shape(frame: gpd.GeoDataFrame) -> str:
    dimensions = shapely.get_dimensions(frame.geometry.to_numpy())
    known = dimensions[dimensions >= 0]
    if len(known) == 0:
        return "empty"
    return ("point", "line", "polygon")[int(np.bincount(known).argmax())]


def _role(stem: str, layer: str, shape: str, columns: Sequence[str]) -> tuple[str, str, str]:
    """Tell what a layer is for, why, and how sure that is."""
    people = recognition.find_people(columns)
    code = recognition.find_code(columns)
    for text in dict.fromkeys((layer, stem)):
        for role, wanted, words in _WORDS:
            word = next((word for word in words if word in text.casefold()), None)
            if shape == wanted and word is not None:
                told = {"settlements": people, "districts": code}
                sure = SURE if told.get(role) is not None else LIKELY
                return role, f"{shape}s, and '{word}' in the name '{to_one_line(text)}'", sure
    if shape == "point" and people:
        return "settlements", f"points with a column '{to_one_line(people)}'", LIKELY
    if shape == "polygon" and code:
        return "districts", f"polygons with a column of codes, '{to_one_line(code)}'", LIKELY
    plain = {
        "point": ("points", "points", UNSURE),
        "polygon": ("study_area", "polygons", UNSURE),
        "line": ("lines", "lines", UNSURE),
        "empty": ("", "it has no features", SURE),
    }
    return plain[shape]


def _mapped(
    role: str, columns: Sequence[str], frame: gpd.GeoDataFrame
) -> tuple[dict[str, str], str]:
    """Map the columns whose names are not ours already; and what of it is doubtful."""
    mapped: dict[str, str] = {}
    doubt = ""
    if find_alike("name", words=columns) is None:
        own, certain = recognition.find_name(columns, table=frame)
        if own is not None:
            mapped["name"] = own
            doubt = (
                "" if certain else f"names are taken from '{to_one_line(own)}' for what it holds"
            )
    people = recognition.find_people(columns)
    known = any(find_alike(word, words=columns) for word in ("population", "pop"))
    if role != "points" and not known and people is not None:
        mapped["population"] = people
    code = recognition.find_code(columns)
    ours = {"districts": ("code", DISTRICTS)}.get(role, ("id", SETTLEMENTS))
    names = next((column for column in ours[1].columns if column.name == ours[0]), None)
    spellings = (ours[0], *(names.also if names is not None else ()))
    if code is not None and all(find_alike(word, words=columns) is None for word in spellings):
        distinct = frame[code].dropna().is_unique
        if role == "districts" or distinct:  # a unit's code stands at every place in it
            mapped[ours[0]] = code
    return mapped, doubt


def split_by_date(
    guess: LayerGuess,
) -> Iterator[tuple[str, FoundDate, dict[str, Any], gpd.GeoDataFrame]]:
    """Take a layer of several lines apart: name, date, ``select`` and features of each.

    A column called ``line``, ``key`` or ``date`` tells them apart.
    """
    columns = [str(name) for name in guess.frame.columns]
    dates = find_alike("date", words=columns)
    for word in ("line", "key", "date"):
        found = find_alike(word, words=columns)
        values = [] if found is None else list(guess.frame[found].dropna().unique())
        if 1 < len(values) <= 20:
            for value in values:
                plain = value.item() if hasattr(value, "item") else value
                plain = plain if isinstance(plain, str | int) else str(plain)
                rows = guess.frame[guess.frame[found] == value]
                yield str(plain), _day_of(rows, dates, str(plain)), {str(found): plain}, rows
            return
    name = guess.layer or Path(guess.file).stem
    yield name, _day_of(guess.frame, dates, name), {}, guess.frame


def _day_of(rows: gpd.GeoDataFrame, column: str | None, name: str) -> FoundDate:
    cell = str(rows[column].iloc[0]) if column and len(rows) else ""
    stated = find_date(cell)
    return stated if stated.date else find_date(name)


def find_seeds(
    area: Any, *, lines: Sequence[Any]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Find a point on either side of every line, degrees; None where the lines do not cut."""
    one, other = area, area
    for line in lines:
        faces = sorted(_faces(area, line), key=shapely.area, reverse=True)[:2]
        if len(faces) < 2:
            return None
        straight = min(_overlap(one, faces[0]), _overlap(other, faces[1]))
        if min(_overlap(one, faces[1]), _overlap(other, faces[0])) > straight:
            faces.reverse()
        one, other = shapely.intersection(one, faces[0]), shapely.intersection(other, faces[1])
        if shapely.area(one) == 0 or shapely.area(other) == 0:
            return None
    points = [shapely.point_on_surface(side) for side in (one, other)]
    first, second = [(round(point.x, 4), round(point.y, 4)) for point in points]
    return first, second


def _overlap(one: Any, other: Any) -> float:
    return float(shapely.area(shapely.intersection(one, other)))


def _faces(area: Any, line: Any) -> list[Any]:
    # a line that ends a little short of the edge still tells where the two sides are
    reach = 0.02 * float(np.hypot(*np.ptp(np.reshape(area.bounds, (2, 2)), axis=0)))
    longer = [line]
    for part in shapely.get_parts(shapely.line_merge(line)):
        coords = shapely.get_coordinates(part)
        for end, before in ((coords[0], coords[1]), (coords[-1], coords[-2])):
            step = (end - before) / np.hypot(*(end - before))
            longer.append(shapely.LineString([end, end + reach * step]))
    edges = shapely.union_all([shapely.boundary(area), *longer])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    return [face for face in faces if shapely.intersects(area, shapely.point_on_surface(face))]


PROJECT, TEMPLATE = "project.toml", "template.gpkg"

SINGLE = ("settlements", "corridors", "points", "districts")
_ABOUT = {
    "study_area": "The land that the lines divide. Each line must cut it from edge to edge.",
    "lines": "A line with its date. It lies within error_m metres on either side with 95 %.",
    "settlements": "Places with people. An empty population is unknown, never zero.",
    "corridors": "Roads, canals, pipelines: their length on each side, and where they are cut.",
    "points": "Named points.",
    "districts": "Districts with people, united by their column code.",
    "partitions": "Another partition of the land, such as a former border.",
}


def init(directory: Path | str) -> list[str]:
    """Write a commented project for a folder of layers, and an empty template to draw into.

    Parameters
    ----------
    directory
        The folder; it is made if it does not exist. Only files directly in it are looked at.

    Returns
    -------
    What was written, what each layer was taken for and why, and what is left to do.

    Raises
    ------
    OutputError
        If the folder holds a project or a template already, or cannot be written to.
    """
    folder = Path(directory)
    for name in (PROJECT, TEMPLATE):
        if (folder / name).exists():
            raise OutputError(
                "exists already. Rename it, or name another folder.", path=folder / name
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        guesses, said = guess_layers(folder)
        text, lines = _project_text(folder, guesses)
        _write_template(folder / TEMPLATE)
        with (folder / PROJECT).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder.", path=folder
        ) from error
    first = f"Wrote {to_one_line(str(folder / PROJECT))} and {TEMPLATE}."
    then = f"Then: frontline check {shlex.quote(to_one_line(str(folder)))}"
    return [first, *lines, *said, *_LEFT_TO_DO, then]


_LEFT_TO_DO = (
    f"{TEMPLATE} has empty layers to draw into, for whatever is missing.",
    "Look through the project: dates, error_m and the names of the sides are yours to say.",
)


def _write_template(path: Path) -> None:
    from frontline.inputs.formats import write_empty

    kinds = {"text": "str", "date": "str", "whole number": "int64", "number": "float64"}

    def columns(role: Any) -> dict[str, str]:
        return {column.name: kinds[column.kind] for column in role.columns}

    write_empty(
        path,
        layers={
            "study_area": ("MultiPolygon", {"name": "str"}),
            "lines": (
                "MultiLineString",
                {"line": "str", "label": "str", "date": "str", "error_m": "float64"},
            ),
            "settlements": ("Point", columns(SETTLEMENTS)),
            "corridors": ("MultiLineString", columns(CORRIDORS)),
            "points": ("Point", columns(POINTS)),
        },
    )


def _project_text(folder: Path, guesses: Sequence[LayerGuess]) -> tuple[str, list[str]]:
    """Compose the project file; returns it and what was guessed."""
    chosen, said = _chosen(guesses)
    blocks = [
        "# Written by frontline init. Every key is described by: frontline schema",
        "# Lines that begin with # do nothing; remove the # to use them.",
        "",
        f"title = {_quoted(folder.absolute().name or 'Project')}",
    ]
    blocks += _layer_block("[study_area]", "study_area", chosen.get("study_area"))
    dated, lines = _line_blocks(chosen.get("lines"), said)
    blocks += dated
    blocks += _side_blocks(chosen, lines, said)
    for role in SINGLE:
        if role in chosen:
            blocks += _layer_block(f"[{role}]", role, chosen[role])
        elif role != "districts":
            blocks += _commented(_layer_block(f"[{role}]", role, None))
    for number, guess in enumerate(chosen.get("partitions", ()), start=1):
        name = guess.layer or Path(guess.file).stem
        keys = [f"key = {_quoted(_key(name, f'partition_{number}'))}", f"label = {_quoted(name)}"]
        blocks += _layer_block("[[partitions]]", "partitions", [guess], keys)
    blocks += _raster_blocks(folder, said)
    blocks += ["", "[zones]", "distances_m = [5000, 10000, 15000]", ""]
    blocks += ["[uncertainty]", "draws = 200", "", "[sight]", "radius_m = 15000"]
    blocks += ["observer_height_m = 2", "target_height_m = 2", ""]
    return "\n".join(blocks), said


def _chosen(guesses: Sequence[LayerGuess]) -> tuple[dict[str, list[LayerGuess]], list[str]]:
    """Give each layer its place in the project; what comes second to a place is said."""
    chosen: dict[str, list[LayerGuess]] = {}
    said = []
    for guess in guesses:
        where = to_one_line(guess.file + (f", layer '{guess.layer}'" if guess.layer else ""))
        role = guess.role
        if role == "study_area" and role in chosen:
            role = "partitions"
        if not role or (role in chosen and role not in {"lines", "partitions"}):
            why = guess.why if not role else f"there is one for {role} already"
            said.append(f"Not used: {where} ({why}).")
            continue
        chosen.setdefault(role, []).append(guess)
        said.append(f"Guessed: {where} is {role} ({guess.why}; {guess.sure}).")
    missing = [role for role in ("study_area", "lines") if role not in chosen]
    said += [f"No layer looks like {role}: draw it in {TEMPLATE}." for role in missing]
    return chosen, said


def _layer_block(
    heading: str, role: str, guesses: Sequence[LayerGuess] | None, keys: Sequence[str] = ()
) -> list[str]:
    guess = guesses[0] if guesses else None
    block = ["", f"# {_ABOUT[role]}", heading, *keys]
    block.append(f"path = {_quoted(guess.file if guess else TEMPLATE)}")
    layer = guess.layer if guess else role
    if layer is not None:
        block.append(f"layer = {_quoted(layer)}")
    for key, value in (guess.keys if guess else {}).items():
        block.append(f"{key} = {_table(value) if isinstance(value, dict) else _quoted(value)}")
    return [*block, 'source = ""', 'licence = ""']


HELD = frozenset({"side_column", "held_by"})
"""Keys of a line whose file holds polygons of land."""
NO_DATE = "2000-01-01"
"""Stands where no date could be found, with a remark."""


def _line_blocks(
    guesses: Sequence[LayerGuess] | None, said: list[str]
) -> tuple[list[str], list[Any]]:
    """Write one ``[[lines]]`` per dated line; returns their geometries as well."""
    import shapely

    if not guesses:
        keys = ['key = "line_1"', 'label = "Line"', f"date = {NO_DATE}  # yours to say"]
        return _layer_block("[[lines]]", "lines", None, [*keys, "error_m = 0"]), []
    blocks: list[str] = []
    shapes: list[Any] = []
    used: set[str] = set()
    for guess in guesses:
        for name, date, select, rows in split_by_date(guess):
            key = _key(name, f"line_{len(used) + 1}")
            while key in used:
                key = f"{key}_{len(used) + 1}"
            used.add(key)
            day = date.date or NO_DATE
            if date.remark or not date.date:
                why = date.remark or "no date could be found"
                said.append(f"Line '{key}': {why}. Change {day}.")
            label = str(rows["label"].iloc[0]) if "label" in rows.columns else name
            keys = [f"key = {_quoted(key)}", f"label = {_quoted(label)}"]
            sure = bool(date.date) and not date.remark
            why = f": {date.remark}" if date.remark else ""
            keys.append(f"date = {day}" if sure else f"date = {day}  # yours to say{why}")
            stated = "error_m" in rows.columns
            keys.append('error_m = "error_m"' if stated else "error_m = 0  # metres, or a column")
            keys += [f"select = {_table(select)}"] if select else []
            blocks += _layer_block("[[lines]]", "lines", [guess], keys)
            if not HELD & set(guess.keys):
                shapes.append(shapely.union_all(rows.geometry.dropna().to_numpy()))
    return blocks, shapes


def _side_blocks(
    chosen: Mapping[str, Sequence[LayerGuess]], lines: Sequence[Any], said: list[str]
) -> list[str]:
    import shapely

    states = [guess for guess in chosen.get("lines", ()) if HELD & set(guess.keys)]
    if states and not lines:
        names: set[str] = set()
        for guess in states:
            if "side_column" in guess.keys:
                names |= set(guess.frame[guess.keys["side_column"]].dropna().astype(str))
            else:
                names |= {guess.keys["held_by"], guess.keys["rest_side"]}
                said.append(
                    f"Sides '{guess.keys['held_by']}' and '{guess.keys['rest_side']}' of "
                    f"{to_one_line(guess.file)} are yours to name."
                )
        blocks = ["", "# The sides, as the polygons name them."]
        for name in sorted(names):
            blocks += ["[[sides]]", f"name = {_quoted(name)}"]
        return blocks
    found = None
    if lines and "study_area" in chosen:
        area = shapely.union_all(chosen["study_area"][0].frame.geometry.dropna().to_numpy())
        try:
            found = find_seeds(area, lines=lines)
        except shapely.errors.GEOSException:
            found = None
    if found is None:
        said.append("No points on the two sides could be found: write your own seeds.")
    one, other = found or ((0.0, 0.0), (0.0, 0.0))
    why = "# A side's seed is a point [longitude, latitude] that surely lies on it, for every line."
    blocks = ["", why, "[[sides]]", 'name = "Side A"', f"seed = [{one[0]}, {one[1]}]"]
    return [*blocks, "[[sides]]", 'name = "Side B"', f"seed = [{other[0]}, {other[1]}]"]


def _raster_blocks(folder: Path, said: list[str]) -> list[str]:
    blocks = []
    seen: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in {".tif", ".tiff"}:
            continue
        people = re.search(r"(?i)pop|people|worldpop|ghs|census", path.stem)
        cover = re.search(r"(?i)world_?cover|land_?cover|lulc", path.stem)
        kind = "population" if people else "landcover" if cover else "elevation"
        if kind in seen:
            said.append(f"Not used: {to_one_line(path.name)} (there is one {kind} already).")
            continue
        said.append(f"Guessed: {to_one_line(path.name)} is {kind} (by its name).")
        if people:
            key = _key(path.stem, "raster")
            blocks += [
                "",
                "# People per cell (count) or per square kilometre (density).",
                "[[population]]",
            ]
            blocks += [f"key = {_quoted(key)}", 'kind = "count"  # yours to say']
        elif cover:
            seen.add(kind)
            blocks += ["", "# Land cover, with the codes of ESA WorldCover.", "[landcover]"]
        else:
            seen.add(kind)
            blocks += ["", "# Elevation, for sight and relief.", "[elevation]"]
        blocks += [f"path = {_quoted(path.name)}", 'source = ""', 'licence = ""']
    return blocks


def _commented(block: Sequence[str]) -> list[str]:
    return [line if not line or line.startswith("# ") else f"# {line}" for line in block]


def _quoted(text: str) -> str:
    """Write a TOML string; JSON escapes all that TOML wants escaped but DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(values: Mapping[str, Any]) -> str:
    cells = (
        f"{_quoted(key)} = {value if isinstance(value, int) else _quoted(value)}"
        for key, value in values.items()
    )
    return f"{{ {', '.join(cells)} }}"


def _key(name: str, otherwise: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:40]
    if re.match(r"\d", key):
        key = f"line_{key}"[:40]
    return key if re.fullmatch(r"[a-z][a-z0-9_]*", key) else otherwise


def schema() -> str:
    """Describe every key of the project file and every column, in Markdown."""
    from frontline.project.reference import schema_markdown
    from frontline.results.tables import write_columns_reference

    lines = [
        "# What stands in the files",
        "",
        "Generated by `frontline schema`; do not edit.",
        "",
        schema_markdown(),
        write_columns_reference(),
    ]
    return "\n".join(lines)
