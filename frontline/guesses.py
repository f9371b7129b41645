"""What the layers of a folder may be: guesses from names, geometry and columns, with reasons."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from frontline.cells import alike
from frontline.errors import LayerError, one_line
from frontline.spreadsheets import placed, read_csv
from frontline.vectors import VectorFile, opened, read_vector

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
_HOLDERS = ("held_by", "controlled_by", "control", "controller", "side", "holder")
_NAMES = ("name", "name_en", "name_1", "town", "village", "city", "place", "settlement", "label")
_PEOPLE = re.compile(r"(?i)pop(ulation)?[_ ]?(\d{2,4})?|people|residents|inhabitants")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_.]?(\d\d)(?:[-_.]?(\d\d))?)?(?!\d)")


@dataclass(frozen=True)
class Guess:
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
    """

    role: str
    why: str
    file: str
    layer: str | None
    frame: gpd.GeoDataFrame
    keys: dict[str, Any] = field(default_factory=dict)


def guessed(folder: Path) -> tuple[list[Guess], list[str]]:
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
    found: list[Guess] = []
    left_out: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        try:
            with opened(path, path.name) as file:
                found += [_guess(file, layer) for layer in file.layers]
        except LayerError as error:
            left_out.append(f"Left out {error}")
    return found, left_out


def _guess(file: VectorFile, layer: str) -> Guess:
    frame, keys = _features(file, layer)
    named = layer if len(file.layers) > 1 else None
    columns = [str(name) for name in frame.columns if name != frame.geometry.name]
    shape = _shape(frame)
    role, why = _role(file.path.stem, layer, shape, columns)
    if role in {"settlements", "points"}:
        mapped = _mapped(columns, population=role == "settlements")
        if mapped:
            keys["columns"] = mapped
    holder = next((alike(word, columns) for word in _HOLDERS if alike(word, columns)), None)
    if shape == "polygon" and holder and role != "settlements":
        role, why = "lines", f"polygons with a column '{one_line(holder)}': a state, not a line"
        keys["side_column"] = holder
    return Guess(role, why, file.path.name, named, frame, keys)


def _features(file: VectorFile, layer: str) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    keys: dict[str, Any] = {}
    if file.format == "CSV":
        return placed(read_csv(file), file, None, {}).set_crs(4326), keys
    frame, _ = read_vector(file, layer)
    if file.format == "XLSX":
        frame = placed(frame.drop(columns=frame.geometry.name), file, layer, {})
        return frame.set_crs(4326), keys
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


def _role(stem: str, layer: str, shape: str, columns: Sequence[str]) -> tuple[str, str]:
    for text in dict.fromkeys((layer, stem)):
        for role, wanted, words in _WORDS:
            word = next((word for word in words if word in text.casefold()), None)
            if shape == wanted and word is not None:
                return role, f"{shape}s, and '{word}' in the name '{one_line(text)}'"
    people = next((name for name in columns if _PEOPLE.fullmatch(name)), None)
    coded = any(alike(name, columns) for name in ("code", "pcode", "adm2_pcode"))
    plain = {
        "point": ("points", "points"),
        "polygon": ("study_area", "polygons"),
        "line": ("lines", "lines"),
        "empty": ("", "it has no features"),
    }
    if shape == "point" and people:
        return "settlements", f"points with a column '{one_line(people)}'"
    if shape == "polygon" and coded:
        return "districts", "polygons with a column of codes"
    return plain[shape]


def _mapped(columns: Sequence[str], *, population: bool) -> dict[str, str]:
    """Map the columns whose names are not ours already."""
    mapped = {}
    if alike("name", columns) is None:
        texts = [name for name in columns if name.casefold().startswith(("name", "nom"))]
        own = next((alike(word, columns) for word in _NAMES if alike(word, columns)), None)
        own = own or next(iter([*texts, *columns]), None)
        if own is not None:
            mapped["name"] = own
    known = any(alike(word, columns) for word in ("population", "pop"))
    people = next((name for name in columns if _PEOPLE.fullmatch(name)), None)
    if population and not known and people is not None:
        mapped["population"] = people
    return mapped


def day_in(text: str) -> str:
    """Find a date in a name: YYYY-MM-DD, of a year or month alone its first day; "" if none."""
    for year, month, day in _DAY.findall(text):
        try:
            return dt.date(int(year), int(month or 1), int(day or 1)).isoformat()
        except ValueError:
            continue
    return ""


def dated_parts(guess: Guess) -> Iterator[tuple[str, str, dict[str, Any], gpd.GeoDataFrame]]:
    """Take a layer of several lines apart: name, date, ``select`` and features of each.

    A column called ``line``, ``key`` or ``date`` tells them apart.
    """
    columns = [str(name) for name in guess.frame.columns]
    dates = alike("date", columns)
    for word in ("line", "key", "date"):
        found = alike(word, columns)
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


def _day_of(rows: gpd.GeoDataFrame, column: str | None, name: str) -> str:
    cell = str(rows[column].iloc[0]) if column and len(rows) else ""
    return day_in(cell) or day_in(name)


def seeds(
    area: Any, lines: Sequence[Any]
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
