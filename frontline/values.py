"""What a single value of the project file may be: pydantic types that say what is wrong."""

from __future__ import annotations

import codecs
import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from frontline.basemap import tile_template
from frontline.files import local_file
from frontline.mistakes import COLOUR_PATTERN, KEY_PATTERN, shown


def _as_date(value: Any) -> Any:
    """Accept a TOML date or text YYYY-MM-DD, and no number: 2020 is not 1970-01-01T00:33:40."""
    if isinstance(value, dt.datetime):
        value = value.isoformat()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value) if len(value) == 10 else _no_date(value)
        except ValueError:
            return _no_date(value)
    return value if isinstance(value, dt.date) or value is None else _no_date(value)


def _no_date(value: Any) -> dt.date:
    raise ValueError(f"{shown(value)} is not a date (expected YYYY-MM-DD). Rewrite it.")


def _distance(value: Any) -> Any:
    """Accept metres between 100 and 100,000; 15 is most often 15 km, and never 15 m."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 100 <= value <= 100_000:
        return value
    hint = f"Did you mean {value * 1000:.10g}?" if number and 0.1 <= value < 100 else "Correct it."
    wrong = "is out of range" if number else "is not a number"
    raise ValueError(f"{shown(value)} {wrong} (allowed: 100 to 100,000 metres). {hint}")


def _error(value: Any) -> Any:
    """Accept metres, or the name of a column that holds them."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 <= value <= 100_000:
        return float(value)
    if isinstance(value, str) and re.search(r"[^-+\d.,\skm]", value):
        return value
    expected = "(expected metres, 0 to 100,000, without quotes, or the name of a column)"
    raise ValueError(f"{shown(value)} is not an error of a line {expected}. Correct it.")


def _encoding(value: Any) -> Any:
    try:
        codecs.lookup(value)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{shown(value)} is no encoding (expected utf-8, cp1251 ...). Correct it."
        ) from error
    return value


def _tiles(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not text (expected 'osm' or an address). Correct it.")  # noqa: TRY004
    try:
        return tile_template(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} {error}") from error


def _input_path(value: Any, info: ValidationInfo) -> Path:
    """Make a path absolute; refuse, without opening it, what is not a local regular file."""
    if not isinstance(value, str | Path):
        raise PydanticCustomError(
            "frontline_path", "{text}", {"text": f"{shown(value)} is not text (expected a path)."}
        )
    folder = info.context["folder"] if info.context else Path.cwd()
    return local_file(str(value), folder)


Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Key = Annotated[str, Field(pattern=KEY_PATTERN)]
Colour = Annotated[str, Field(pattern=COLOUR_PATTERN)]
Distance = Annotated[float, BeforeValidator(_distance)]
LonLat = tuple[
    Annotated[float, Field(strict=True, ge=-180.0, le=180.0)],
    Annotated[float, Field(strict=True, ge=-90.0, le=90.0)],
]
Day = Annotated[dt.date, BeforeValidator(_as_date)]
InputPath = Annotated[Path, BeforeValidator(_input_path)]
Sensitivity = Literal["public", "restricted"]
LineError = Annotated[float | str, BeforeValidator(_error)]
Encoding = Annotated[str, BeforeValidator(_encoding)]
Tiles = Annotated[str, BeforeValidator(_tiles)]
