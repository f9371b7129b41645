"""Which rows are the same place, and an identifier for each that stays."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from frontline.errors import LayerError, one_line
from frontline.mistakes import shown as quoted
from frontline.shapes import Fault

if TYPE_CHECKING:
    import geopandas as gpd

SAME_PLACE_M = 50.0

_FIGURE = ("population_kind", "population_from", "population_until")


def hashed_id(name: str, lon: float, lat: float) -> str:
    """Name a place for good: ten digits that depend on its name and place only.

    Parameters
    ----------
    name
        As the user wrote it.
    lon, lat
        Degrees; 1e-5 (a metre) is the finest difference that counts.
    """
    # adding 0.0 turns -0.0 into 0.0, which is written without a sign
    place = f"{name}|{round(lon, 5) + 0.0:.5f}|{round(lat, 5) + 0.0:.5f}"
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def with_ids(frame: gpd.GeoDataFrame, lonlat: NDArray[np.float64]) -> gpd.GeoDataFrame:
    """Give an identifier to every row that has none.

    Parameters
    ----------
    frame
        With ``id`` and ``name``.
    lonlat
        Places in degrees, shape ``(n, 2)``.
    """
    ids = [
        own.strip() or hashed_id(name, float(lon), float(lat))
        for own, name, (lon, lat) in zip(frame["id"], frame["name"], lonlat, strict=True)
    ]
    return frame.assign(id=ids).astype({"id": "str"})


def without_duplicates(
    frame: gpd.GeoDataFrame, fault: Fault
) -> tuple[gpd.GeoDataFrame, list[LayerError], list[tuple[str, int]]]:
    """Keep each place once.

    Parameters
    ----------
    frame
        Points or polygons in metres, with ``id`` and ``name``.
    fault
        Makes the errors.

    Returns
    -------
    frame
        Without the rows that repeat another: of the same name within 50 m, or of the same id
        and either of these. Of such rows the first with a known population stays. Rows with
        figures of different kind or time are no duplicates; a second one of the same id gets
        ``-2`` behind it.
    problems
        One id for places that differ in name and place.
    notes
        What was left out.
    """
    names = [name.strip().casefold() for name in frame["name"]]
    figures = _figures(frame)
    near = _near(frame)
    dropped: dict[int, int] = {}
    for first, second in near:
        if names[first] == names[second] and _same(figures[first], figures[second]):
            _drop(frame, first, second, dropped)
    close = {frozenset(pair) for pair in near}
    problems = []
    by_id: dict[str, int] = {}
    for row, own in enumerate(frame["id"]):
        if row in dropped:
            continue
        first = by_id.setdefault(own, row)
        if first == row:
            continue
        alike = names[first] == names[row] or frozenset((first, row)) in close
        if not alike:
            problems.append(
                fault(
                    f"id {quoted(own)} is that of feature {frame.index[first]} as well, a place of "
                    "another name. Mend the ids, or map another column to id.",
                    row=frame.index[row],
                    field="id",
                )
            )
        elif _same(figures[first], figures[row]):
            _drop(frame, first, row, dropped)
    notes = [_note(frame, dropped)] if dropped else []
    kept = frame[~np.isin(np.arange(len(frame)), list(dropped))]
    return numbered(kept), problems, notes


def _figures(frame: gpd.GeoDataFrame) -> list[tuple[str, ...] | None]:
    """Tell what each figure counts and when; None where there is no figure."""
    if "population" not in frame:
        return [None] * len(frame)
    rows = frame[list(_FIGURE)].itertuples(index=False, name=None)
    known = frame["population"].notna()
    return [row if there else None for row, there in zip(rows, known, strict=True)]


def _same(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    return one is None or other is None or one == other


def _near(frame: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    centres = shapely.centroid(frame.geometry.to_numpy())
    if len(centres) == 0:
        return []
    pairs = shapely.STRtree(centres).query(centres, predicate="dwithin", distance=SAME_PLACE_M)
    return sorted((int(a), int(b)) for a, b in pairs.T if a < b)


def _drop(frame: gpd.GeoDataFrame, first: int, second: int, dropped: dict[int, int]) -> None:
    """Drop one of two rows: the second, unless only it has a population."""
    if first in dropped or second in dropped:
        return
    better = False
    if "population" in frame:
        known = frame["population"].notna().to_numpy()
        better = bool(known[second] and not known[first])
    lost, kept = (first, second) if better else (second, first)
    dropped[lost] = kept


def _note(frame: gpd.GeoDataFrame, dropped: dict[int, int]) -> tuple[str, int]:
    listed = []
    for lost, kept in list(dropped.items())[:10]:
        differs = ""
        if "population" in frame:
            one, other = (frame["population"].iloc[row] for row in (kept, lost))
            differs = f", {one} kept, not {other}" if str(one) != str(other) else ""
        listed.append(f"'{one_line(frame['name'].iloc[lost])}' ({frame.index[lost]}{differs})")
    more = " ..." if len(dropped) > 10 else ""
    return f"Listed twice, kept once: {', '.join(listed)}{more}.", len(dropped)


def numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Tell rows with the same id apart: the second gets ``-2`` behind it, and so on."""
    taken, seen = set(frame["id"]), set()
    ids = []
    for own in frame["id"]:
        name, number = own, 2
        while name in seen or (name != own and name in taken):
            name, number = f"{own}-{number}", number + 1
        seen.add(name)
        ids.append(name)
    return frame.assign(id=ids).astype({"id": "str"})
