"""Words for figures, dates and sources, shared by page, report and maps; text made harmless."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.population.figures import find_valid
from frontline.project.layers import TABLES
from frontline.results.style import write_illustration_label
from frontline.results.words import WORDS, label_source

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.project.models import LayerSource, LineSpec, Project
    from frontline.records import RasterResult


PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "and": "{first} and {last}",
        "stated_by": "As stated by {source}",
        "source_settlements": "residents of listed settlements",
        "source_settlements:registered": (
            "people registered in listed settlements (they may live elsewhere)"
        ),
        "source_settlements:displaced": "displaced people in listed settlements",
        "source_settlements_by_raster": (
            "people around settlements without a figure, by the population grid “{key}”"
        ),
        "source_districts": "residents by district figures",
        "source_districts:registered": (
            "registered people by district figures (they may live elsewhere)"
        ),
        "source_districts:displaced": "displaced people by district figures",
        "source_raster": "people by the population grid “{key}”",
    }
)
"""English. Braces hold what is filled in by `str.format`."""

SCHEMATIC = (
    "The corridors are schematic: drawn from place to place, and shorter than the real ones. "
    "Lengths and crossings are indicative only."
)
SCHEMATIC_MARK = "schematic: indicative only"

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

COARSE_STEP_M = 100.0
"""Elevation coarser than this is good for an illustration of sight, not for statements."""


def write_accuracy(error_m: Any) -> str:
    """Return how well a line is known, in words."""
    if isinstance(error_m, str) or pd.isna(error_m) or not error_m > 0:
        return WORDS["line_error_none"]
    return WORDS["line_accuracy"].format(error=f"{float(error_m):,.0f}")


def write_sight_warning(sight: Mapping[str, RasterResult]) -> str:
    """Return the label that sight from coarse elevation must carry, or nothing."""
    steps = [find_raster_step(grid) for grid in sight.values()]
    coarse = max(steps, default=0.0)
    return write_illustration_label(coarse) if coarse > COARSE_STEP_M else ""


def find_raster_step(grid: RasterResult) -> float:
    """Return the larger edge of a cell of the grid, in metres at its middle."""
    from pyproj import CRS, Geod

    a, _, c, _, e, f = grid.transform
    crs = CRS.from_user_input(grid.crs)
    if not crs.is_geographic:
        factor = crs.axis_info[0].unit_conversion_factor or 1.0
        return float(max(abs(a), abs(e)) * factor)
    rows = next(iter(grid.bands.values())).shape[0]
    middle = f + e * rows / 2
    lon, lat = [c, c], [middle - e / 2, middle]
    steps = Geod(ellps="WGS84").inv(lon, lat, [c, c + a], [middle + e / 2, middle])[2]
    return float(max(steps))


def list_sources(project: Project) -> list[dict[str, str]]:
    """Return what the data are, who made them, their date and licence, once each."""
    named: list[tuple[str, LayerSource | Any]] = [(line.label, line) for line in project.drawings]
    for key in ("settlements", "corridors", "points", "districts", "study_area", *TABLES):
        layer = getattr(project, key)
        if layer is not None:
            named.append((WORDS[key], layer))
    named += [(part.label, part) for part in project.partitions]
    named += [(label_source(f"raster:{part.key}"), part) for part in project.population]
    if project.land is not None:
        named.append((WORDS["land"], project.land))
    if project.elevation is not None:
        named.append((WORDS["hillshade"], project.elevation))
        if project.elevation.canopy is not None:
            named.append((WORDS["canopy"], project.elevation.canopy))
    if project.landcover is not None:
        named.append((WORDS["landcover"], project.landcover))
    rows = []
    for what, origin in named:
        date = "" if origin.date is None else origin.date.isoformat()
        rows.append(
            {"what": what, "source": origin.source, "licence": origin.licence, "date": date}
        )
    return [row for row in rows if row["source"] or row["licence"]]


def write_source(row: dict[str, str]) -> str:
    """Return one source in a line: what, by whom, when, under which licence."""
    rest = ", ".join(part for part in (row["source"], row["date"], row["licence"]) if part)
    return f"{row['what']}: {rest}"


def add_validity(settlements: gpd.GeoDataFrame, *, project: Project) -> gpd.GeoDataFrame:
    """Return the settlements with a column ``valid``: whether the figure holds at the line's date.

    Parameters
    ----------
    settlements
        They may lack the columns of the validity: then every figure holds.
    project
        Names the lines and their dates.
    """
    table = settlements.copy()
    for column in ("population_from", "population_until"):
        if column not in table:
            table[column] = ""
    table["valid"] = True
    for line in project.lines:
        of_line = table["line"] == line.key
        if of_line.any():
            table.loc[of_line, "valid"] = find_valid(table[of_line], date=line.date)
    return table


def sort_lines(project: Project) -> list[LineSpec]:
    """Return the lines, the oldest first."""
    return sorted(project.lines, key=lambda line: line.date)


def write_dates(project: Project) -> dict[str, str]:
    """Return for each line the date that tells it apart, by its key: a year where that does.

    Lines of one date are told apart by their labels.
    """
    lines = sort_lines(project)
    years = {line.key: str(line.date.year) for line in lines}
    for written in (years, write_days(project)):
        if len(set(written.values())) == len(lines):
            return written
    return {line.key: line.label for line in lines}


def write_days(project: Project) -> dict[str, str]:
    """Return the date of each line in full, by its key."""
    return {line.key: write_day(line.date) for line in sort_lines(project)}


def join_phrases(parts: Iterable[str]) -> str:
    """Join parts as a sentence does: a, b and c."""
    *first, last = list(parts) or [""]
    return PHRASES["and"].format(first=", ".join(first), last=last) if first else last


def write_far(distance_m: float) -> str:
    """Write a distance that a reader chose: 5 km, 500 m."""
    return f"{distance_m:,.0f} m" if distance_m < 1000 else f"{distance_m / 1000:g} km"


def write_distance(distance_m: float, *, error_m: float) -> str:
    """Write a distance from a line in km, as far as the error of the line can tell it.

    Parameters
    ----------
    distance_m
        Of a place from the line; NaN is unknown.
    error_m
        Of the line; NaN where it is not stated or differs along it.
    """
    if pd.isna(distance_m):
        return "–"
    if distance_m < error_m:
        return WORDS["below_accuracy"]
    digits = 1 if error_m < 500 or distance_m < 10_000 else 0
    return f"{distance_m / 1000:,.{digits}f}"


def write_percent(share: float) -> str:
    """Write a share of 1 in per cent; what is not quite nothing or all does not look like it."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < share < 1 else f"{share * 100:.0f} %"


def fill_text(value: Any) -> str:
    """Return text, and nothing where it is unknown."""
    return "" if pd.isna(value) else str(value).strip()


def write_place_name(row: Mapping[Any, Any], *, project: Project) -> str:
    """Write both names of a place, in the order that the project chose."""
    first, second = fill_text(row.get("name")), fill_text(row.get("name_alt"))
    if project.map.names == "name_alt" and second:
        first, second = second, first
    return f"{first} ({second})" if second and second != first else first


def name_source_row(source: str, *, project: Project) -> str:
    """Name a source of people at the head of a row; a stated figure by who states it."""
    kind, _, key = source.partition(":")
    if kind == "stated":
        stated_by = [item.source for item in project.stated if item.id == key]
        return (
            PHRASES["stated_by"].format(source=stated_by[0]) if stated_by else label_source(source)
        )
    dated = [item.date.year for item in project.population if item.key == key and item.date]
    if kind.endswith("raster") and dated and str(dated[0]) not in key:
        return f"{label_source(source)}, {dated[0]}"
    return label_source(source)


def name_source(source: str) -> str:
    """Name a source of people inside a sentence."""
    if f"source_{source}" in PHRASES:
        return PHRASES[f"source_{source}"]
    kind, _, key = source.partition(":")
    phrase = PHRASES.get(f"source_{kind}")
    return phrase.format(key=key) if phrase else label_source(source)


def replace_keys(words: str, *, project: Project, people: pd.DataFrame) -> str:
    """Replace keys of lines, partitions and sources by what people call them; write dates out.

    A key that is a plain word, such as ``old``, is replaced only in quotation marks.
    """
    sources = {str(source) for source in people["source"]}
    names = list_labels(project)
    names |= {
        source: _write_lower_first(label_source(source)) for source in sources if ":" in source
    }
    return re.sub(r"\bkm2\b", "km²", add_labels(words, names=names))


def list_labels(project: Project) -> dict[str, str]:
    """Return what people call the lines, partitions, scenarios and sections, by key."""
    names = {line.key: line.label for line in project.lines}
    names |= {part.key: part.label for part in project.partitions}
    names |= {item.key: item.label for item in project.scenarios}
    return names | {item.key: item.label for item in project.sections if item.label}


def add_labels(words: str, *, names: Mapping[str, str]) -> str:
    """Replace keys by names and write dates out; see `replace_keys`."""
    for key in sorted(names, key=len, reverse=True):
        quoted = re.escape(key)
        bare = "" if key.isalpha() else rf"|(?<![\w:]){quoted}(?![\w:])"
        words = re.sub(rf"'{quoted}'{bare}", _quote_exactly(names[key]), words)
    return re.sub(r"\b\d{4}-\d\d-\d\d\b", _write_match, words)


def _write_lower_first(label: str) -> str:
    """Write a label as it stands inside a sentence."""
    return label[:1].lower() + label[1:]


def _write_match(match: re.Match[str]) -> str:
    try:
        return write_day(dt.date.fromisoformat(match[0]))
    except ValueError:
        return match[0]


def _quote_exactly(words: str) -> Callable[[re.Match[str]], str]:
    """Return what puts words into a text as they are: a backslash means nothing there."""
    return lambda _: words


def write_day(date: dt.date) -> str:
    """Write a day for people: 12 May 1994."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def escape_text(text: str) -> str:
    """Return text with every character that HTML, Jinja or a JavaScript template could take up.

    Letters, digits, blanks and full stops, commas and hyphens stay; everything else in ASCII
    becomes a numeric entity, as do the invisible marks that turn the direction of writing.
    """
    return "".join(c if _PLAIN.fullmatch(c) else f"&#{ord(c)};" for c in text)


_PLAIN = re.compile(r"[A-Za-z0-9 .,\-]|[^\x00-\x7f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
