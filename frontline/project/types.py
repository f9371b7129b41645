"""Value types that the project file shares: dates, colours, distances, tile templates."""

from __future__ import annotations

import codecs
import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from frontline.errors import COLOUR_PATTERN, KEY_PATTERN, show_value
from frontline.storage.files import find_local_file

OSM = "osm"
"""Short for the standard tiles of OpenStreetMap."""
OSM_URL = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
PLACES = ("{z}", "{x}", "{y}")
LOOPBACK = ("localhost", "127.0.0.1")
EXPECTED = f"(expected '{OSM}' or https://host/{{z}}/{{x}}/{{y}}.png)"


def tile_template(text: str) -> str:
    """Check what is given for a basemap.

    Parameters
    ----------
    text
        ``osm``, a template, or nothing.

    Returns
    -------
    The same text.

    Raises
    ------
    ValueError
        It is no template that a page can carry: another scheme than https (http only on this
        machine), a name and password, other placeholders, or characters that could end the
        rule of the page's content policy.
    """
    if text in {"", OSM}:
        return text
    fault = _find_template_fault(text)
    if fault:
        raise ValueError(f"{fault} {EXPECTED}. Correct it.")
    return text


def _find_template_fault(text: str) -> str:
    """Say what is wrong with a template, or nothing."""
    if not re.fullmatch(r"[A-Za-z0-9\-._~:/?&=%+@{}]+", text):
        return "holds a character that an address of tiles does not need"
    if [text.count(place) for place in PLACES] != [1, 1, 1] or text.count("{") != len(PLACES):
        return "does not name {z}, {x} and {y}, once each"
    parts = urlsplit(text)
    if "@" in parts.netloc:
        return "holds a user name, which every reader of the page would see"
    if not re.fullmatch(r"[a-z0-9.\-]+(:[0-9]{1,5})?", parts.netloc):
        return "does not name a server in small letters"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return ""
    return "is not an https address, so that anyone on the way could see where a reader looks"


def _parse_date(value: Any) -> Any:
    """Accept a TOML date or text YYYY-MM-DD, and no number: 2020 is not 1970-01-01T00:33:40."""
    if isinstance(value, dt.datetime):
        value = value.isoformat()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value) if len(value) == 10 else _refuse_date(value)
        except ValueError:
            return _refuse_date(value)
    return value if isinstance(value, dt.date) or value is None else _refuse_date(value)


def _refuse_date(value: Any) -> dt.date:
    raise ValueError(f"{show_value(value)} is not a date (expected YYYY-MM-DD). Rewrite it.")


def _parse_distance(value: Any) -> Any:
    """Accept metres between 100 and 100,000; 15 is most often 15 km, and never 15 m."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 100 <= value <= 100_000:
        return value
    hint = f"Did you mean {value * 1000:.10g}?" if number and 0.1 <= value < 100 else "Correct it."
    wrong = "is out of range" if number else "is not a number"
    raise ValueError(f"{show_value(value)} {wrong} (allowed: 100 to 100,000 metres). {hint}")


def _parse_line_error(value: Any) -> Any:
    """Accept metres, or the name of a column that holds them."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 <= value <= 100_000:
        return float(value)
    if isinstance(value, str) and re.search(r"[^-+\d.,\skm]", value):
        return value
    expected = "(expected metres, 0 to 100,000, without quotes, or the name of a column)"
    raise ValueError(f"{show_value(value)} is not an error of a line {expected}. Correct it.")


def _parse_cell(value: Any) -> Any:
    """Accept one value of a cell; a list gives one problem, not one for each type it is not."""
    if isinstance(value, str | int | float):
        return value
    what = "a list" if isinstance(value, list | tuple) else show_value(value)
    raise PydanticCustomError(
        "frontline_cell",
        "{text}",
        {
            "text": f"{what} is no value of a cell (expected one text, number, or true or false). "
            "Write one value; for several, add a column that they share."
        },
    )


def _parse_encoding(value: Any) -> Any:
    try:
        codecs.lookup(value)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{show_value(value)} is no encoding (expected utf-8, cp1251 ...). Correct it."
        ) from error
    return value


def _parse_tiles(value: Any) -> str:
    if not isinstance(value, str):
        wrong = f"{show_value(value)} is not text (expected 'osm' or an address). Correct it."
        raise ValueError(wrong)  # noqa: TRY004  (pydantic turns it into a problem)
    try:
        return tile_template(value)
    except ValueError as error:
        raise ValueError(f"{show_value(value)} {error}") from error


def _resolve_input_path(value: Any, info: ValidationInfo) -> Path:
    """Make a path absolute; refuse, without opening it, what is not a local regular file."""
    if not isinstance(value, str | Path):
        raise PydanticCustomError(
            "frontline_path",
            "{text}",
            {"text": f"{show_value(value)} is not text (expected a path)."},
        )
    folder = info.context["folder"] if info.context else Path.cwd()
    return find_local_file(str(value), folder=folder)


Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Key = Annotated[str, Field(pattern=KEY_PATTERN)]
Colour = Annotated[str, Field(pattern=COLOUR_PATTERN)]
Distance = Annotated[float, BeforeValidator(_parse_distance)]
LonLat = tuple[
    Annotated[float, Field(strict=True, ge=-180.0, le=180.0)],
    Annotated[float, Field(strict=True, ge=-90.0, le=90.0)],
]
Day = Annotated[dt.date, BeforeValidator(_parse_date)]
InputPath = Annotated[Path, BeforeValidator(_resolve_input_path)]
Sensitivity = Literal["public", "restricted"]
LineError = Annotated[float | str, BeforeValidator(_parse_line_error)]
Cell = Annotated[str | Whole | Number | Flag, BeforeValidator(_parse_cell)]
Encoding = Annotated[str, BeforeValidator(_parse_encoding)]
Tiles = Annotated[str, BeforeValidator(_parse_tiles)]
