"""What names of files and columns say: dates in any order, codes, names, people, holders, HXL.

Nothing is invented: a name that can be read in two ways gives both readings, and no day.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from frontline.inputs.fields import find_alike

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FoundDate:
    """A date found in a text.

    Parameters
    ----------
    date
        YYYY-MM-DD; of a year or month alone its first day, as of several readings in one year;
        "" where there is none.
    remark
        Why it is yours to say; "" where the text gives one whole day.
    """

    date: str
    remark: str = ""


_STEMS = (
    # English, German, French, Spanish, Portuguese, Italian, Turkish, Russian, Ukrainian
    ("jan", "ene", "gen", "oca", "янв", "січ"),
    ("feb", "fev", "sub", "фев", "лют"),
    ("mar", "mrz", "мар", "бер"),
    ("apr", "avr", "abr", "nis", "апр", "кві"),
    ("may", "mai", "mag", "мая", "май", "тра"),
    ("jun", "juin", "giu", "haz", "июн", "чер"),
    ("jul", "juil", "lug", "tem", "июл", "лип"),
    ("aug", "aou", "ago", "agu", "авг", "сер"),
    ("sep", "set", "eyl", "сен", "вер"),
    ("oct", "okt", "out", "ott", "eki", "окт", "жов"),
    ("nov", "kas", "ноя", "лис"),
    ("dec", "dez", "dic", "ara", "дек", "гру"),
)
_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro",
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre",
    "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "сiчня лютого березня квiтня травня червня липня серпня вересня жовтня листопада грудня",
    "jan feb mar mrz apr jun jul aug sep sept oct okt nov dec dez fev avr juil",
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def find_date(text: str) -> FoundDate:
    """Find a date in a name, whatever the order of day, month and year.

    Parameters
    ----------
    text
        Name of a file or layer, or a cell.

    Returns
    -------
    A whole day without a remark; with one a year or a month alone, by its first day, and the
    year that several readings share, whose remark lists them.
    """
    tokens = [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(_plain(text))]
    days = list(dict.fromkeys(tuple(readings) for readings in _days(tokens)))
    if len(days) == 1 and len(days[0]) == 1:
        return FoundDate(days[0][0].isoformat())
    if days:
        return _unsure({day.isoformat() for readings in days for day in readings})
    return _month_or_year(tokens)


def _plain(text: str) -> str:
    """Write letters small and without marks, so that names of months are found in any of them."""
    spread = unicodedata.normalize("NFKD", text.casefold().replace("і", "i"))
    return "".join(char for char in spread if not unicodedata.combining(char))


Tokens = Sequence[tuple[str, int, int]]


def _days(tokens: Tokens) -> Iterator[list[dt.date]]:
    """Read every three parts that follow one another, and every run of eight digits, as a day."""
    number = 0
    while number < len(tokens):
        word = tokens[number][0]
        readings = _packed(word) if word.isdigit() and len(word) == 8 else []
        step = 1
        if not readings and number + 2 < len(tokens) and _near(tokens, number):
            parts = [token[0] for token in tokens[number : number + 3]]
            readings = _three(parts)
            step = 3 if readings else 1
        if readings:
            yield readings
        number += step


def _near(tokens: Tokens, number: int) -> bool:
    """Tell whether three parts stand with at most two marks between them."""
    first, second, third = tokens[number : number + 3]
    return second[1] - first[2] <= 2 and third[1] - second[2] <= 2


def _packed(word: str) -> list[dt.date]:
    """Read eight digits, the year first or last."""
    if _YEAR.fullmatch(word[:4]):
        first = _readings(word[:4], word[4:6], word[6:])[:1]
        if first:
            return first
    return _readings(word[4:], word[2:4], word[:2]) if _YEAR.fullmatch(word[4:]) else []


def _three(parts: Sequence[str]) -> list[dt.date]:
    """Read three parts as a day; a month in letters may stand anywhere."""
    years = [part for part in parts if _YEAR.fullmatch(part)]
    if len(years) != 1:
        return []
    rest = [part for part in parts if part is not years[0]]
    months = [month_of(part) for part in rest]
    if sum(month > 0 for month in months) == 1:
        month = max(months)
        day = rest[0] if months[1] else rest[1]
        found = _day(years[0], str(month), day)
        return [found] if found else []
    if not all(part.isdigit() and len(part) <= 2 for part in rest):
        return []
    if parts[0] == years[0]:  # the year first: the order of ISO 8601, unless that is no day
        found = _day(years[0], *rest) or _day(years[0], *reversed(rest))
        return [found] if found else []
    if parts[1] == years[0]:
        return []
    return _readings(years[0], rest[1], rest[0])


def _readings(year: str, month: str, day: str) -> list[dt.date]:
    pairs = dict.fromkeys(permutations((month, day)))
    found = [_day(year, *pair) for pair in pairs]
    return list(dict.fromkeys(reading for reading in found if reading is not None))


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def month_of(word: str) -> int:
    """Return the number of a month by its name in one of nine languages; 0 for another word."""
    return _MONTHS.get(_plain(word), 0)


def _numbered_months() -> dict[str, int]:
    stems = [(_plain(stem), number) for number, row in enumerate(_STEMS, 1) for stem in row]
    stems.sort(key=lambda pair: -len(pair[0]))
    words = [_plain(word) for row in _MONTH_NAMES for word in row.split()]
    return {word: next(number for stem, number in stems if word.startswith(stem)) for word in words}


_MONTHS = _numbered_months()


def _month_or_year(tokens: Tokens) -> FoundDate:
    """Find a month or a year alone: its first day stands for it, and that is said."""
    found: dict[str, str] = {}
    for number, (word, _, end) in enumerate(tokens):
        if len(word) == 6 and word.isdigit() and _YEAR.match(word) and 1 <= int(word[4:]) <= 12:
            found[f"{word[:4]}-{word[4:]}-01"] = "month"
        if not _YEAR.fullmatch(word):
            continue
        if number + 1 < len(tokens) and tokens[number + 1][1] == end and _is_unit(tokens, number):
            continue  # buffer_2000m
        near = [tokens[at][0] for at in (number - 1, number + 1) if 0 <= at < len(tokens)]
        months = [month_of(part) for part in near]
        beside = [int(part) for part in near if len(part) <= 2 and part.isdigit()]
        before = [tokens[at][0] for at in (number - 2, number - 1) if at >= 0]
        wrong = len(before) == 2 and all(len(part) <= 2 and part.isdigit() for part in before)
        if wrong or any(not 1 <= part <= 12 for part in beside):
            continue  # 31.02.2022 is no day, and nothing of it is taken
        month = next((one for one in (*months, *beside) if one), 0)
        found[f"{word}-{month or 1:02d}-01"] = "month" if month else "year"
    if len(found) > 1:
        return _unsure(found)
    for date, unit in found.items():
        return FoundDate(date, f"the name gives the {unit} only")
    return FoundDate("")


def _unsure(readings: Iterable[str]) -> FoundDate:
    """Keep of several readings the year, where they share it."""
    listed = sorted(readings)
    years = {date[:4] for date in listed}
    date = f"{years.pop()}-01-01" if len(years) == 1 else ""
    return FoundDate(date, f"the name can be read as {' or '.join(listed)}")


def _is_unit(tokens: Tokens, number: int) -> bool:
    return tokens[number + 1][0] in {"m", "km", "k", "ft", "px", "dpi"}


# ---- columns

CODE = re.compile(
    r"(?i)(adm(in)?[_ ]?[0-5][_ ]?)?p[_ ]?code([_ ]?[0-5])?|p[_ ]?code[_ ].*|adm[0-5]_(id|code)"
    r"|gid_[0-5]|shape(id|iso)|boundary_code|hasc_[0-5]|koatuu|katottg|insee(_com)?|code(_.*)?"
)
"""Columns of codes of administrative units, as their publishers call them."""
_LEVEL = re.compile(r"(?i)(?:adm(?:in)?[_ ]?|gid_|name_)([0-5])")
_NAME = re.compile(
    r"(?i)(name|nom|nome|nombre|naam|isim|adi|ism|nimi|nazwa|naziv|title|label|"
    r"назва|название|имя|toponym|localite|settlement|town|village|city|place)"
    r"([_ :]?[a-z]{2,3}|[_ ]?[0-5]|[_ ].*)?"
)
_LANGUAGE = re.compile(
    r"(?:.*[_:])?[A-Za-z]{1,3}[_:][A-Za-z]{2,3}|(?i:adm(in)?[0-5])[_:][A-Za-z]{2,3}"
)
PEOPLE = re.compile(
    r"(?i)pop(ulation)?[_ ]?(\d{2,4})?|(t|tot|total)_?pop(ulation)?|p?pop_?(total|tot|t|est)"
    r"|people|residents|inhabitants|habitants|poblacion|habitantes|populacao|einwohner|nufus"
    r"|население|населення|popul[_ ].*"
)
_HOLDERS = (
    *("held_by", "holder", "controlled_by", "control", "controller", "control_by"),
    *("occupied_by", "occupier", "side", "actor", "faction", "party", "status", "state_of_control"),
)
HOLDING_WORDS = ("control", "occup", "front", "held", "liberat", "captur")
"""Words in names of files of polygons that somebody holds."""
LABEL_WORDS = ("label", "admbndp", "centroid", "annotation")
"""Words in names of layers of points that carry the names of polygons."""


def find_holder(columns: Sequence[str]) -> str | None:
    """Find the column that says who holds a polygon."""
    return next(
        (find_alike(word, words=columns) for word in _HOLDERS if find_alike(word, words=columns)),
        None,
    )


def find_people(columns: Sequence[str]) -> str | None:
    """Find the column of people."""
    return next((name for name in columns if PEOPLE.fullmatch(name.strip())), None)


def find_code(columns: Sequence[str]) -> str | None:
    """Find the column of codes: of several levels the finest."""
    found = [name for name in columns if CODE.fullmatch(name.strip())]
    return max(found, key=_level, default=None)


def find_name(columns: Sequence[str], *, table: pd.DataFrame) -> tuple[str | None, bool]:
    """Find the column of names, in whatever language it is called.

    Returns
    -------
    The column, and whether its name says so; otherwise it is told by its cells: texts with
    letters, most of them different.
    """
    texts = [name for name in columns if _is_text(table[name])]
    named = [name for name in texts if _NAME.fullmatch(name.strip())]
    named += [name for name in texts if _LANGUAGE.fullmatch(name.strip()) and name not in named]
    named = [name for name in named if not CODE.fullmatch(name.strip())]
    if named:
        return max(named, key=lambda name: (_level(name), -columns.index(name))), True
    codes = {name for name in texts if CODE.fullmatch(name.strip())}
    rest = [name for name in texts if name not in codes]
    return max(rest, key=lambda name: table[name].nunique(), default=None), False


def _level(name: str) -> int:
    found = _LEVEL.match(name.strip())
    return int(found[1]) if found else 0


def _is_text(cells: pd.Series[Any]) -> bool:
    """Tell whether most cells are words: letters, and no list or number."""
    known = [cell for cell in cells.head(200) if isinstance(cell, str) and cell.strip()]
    lettered = sum(any(char.isalpha() for char in cell) for cell in known)
    return bool(known) and lettered * 2 > len(known)


# ---- HXL

_TAGS = {
    "name": ("#loc+name", "#adm4+name", "#adm3+name", "#adm2+name", "#adm1+name", "#loc"),
    "population": ("#population",),
    "code": ("#loc+code", "#adm4+code", "#adm3+code", "#adm2+code", "#adm1+code"),
    "lat": ("#geo+lat",),
    "lon": ("#geo+lon",),
}


def hxl_columns(table: pd.DataFrame) -> Mapping[str, str]:
    """Find columns by the hashtags of HXL in the first row; nothing where there are none."""
    if len(table) == 0:
        return {}
    cells = {str(name): table[name].iloc[0] for name in table.columns if name != "geometry"}
    tags = {name: str(cell).strip() for name, cell in cells.items() if isinstance(cell, str)}
    tags = {name: tag.casefold().replace(" ", "") for name, tag in tags.items() if tag}
    if not tags or not all(tag.startswith("#") for tag in tags.values()):
        return {}
    found: dict[str, str] = {}
    for ours, wanted in _TAGS.items():
        for tag in wanted:
            column = next((name for name, own in tags.items() if own.startswith(tag)), None)
            if column is not None:
                found[ours] = column
                break
    return found
