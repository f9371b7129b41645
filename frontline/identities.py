"""Which rows are the same place, and an identifier for each that stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

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
        and either of these. Of such rows the one with a population stays, the latest, the
        largest. Rows with figures of different kind or time are no duplicates; a second one of
        the same id gets ``-2`` behind it.
    problems
        One id for places that differ in name and place.
    notes
        What was left out.
    """
    names = [name.strip().casefold() for name in frame["name"]]
    centres = shapely.centroid(frame.geometry.to_numpy())
    figures, ranks = _figures(frame), _ranks(frame)
    dropped: dict[int, int] = {}
    problems = []
    for group in _groups(names):
        for first, second in _near(centres[group]):
            _drop(int(group[first]), int(group[second]), figures, ranks, dropped)
    for group in _groups(frame["id"]):
        left = [int(row) for row in group if int(row) not in dropped]
        for first, row in zip(left[:1] * len(left), left[1:], strict=False):
            apart = shapely.distance(centres[first], centres[row]) > SAME_PLACE_M
            if names[first] != names[row] and apart:
                problem = (
                    f"id {quoted(str(frame['id'].iloc[row]))} is that of feature "
                    f"{frame.index[first]} as well, a place of another name. Mend the ids, or map "
                    "another column to id."
                )
                problems.append(fault(problem, row=frame.index[row], field="id"))
            else:
                _drop(first, row, figures, ranks, dropped)
    notes = [_note(frame, dropped)] if dropped else []
    kept = frame[~np.isin(np.arange(len(frame)), list(dropped))]
    return numbered(kept), problems, notes


def _groups(words: Iterable[str]) -> Iterator[NDArray[np.int64]]:
    """Rows that share a word, for each word that several rows have."""
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(word, []).append(row)
    return (np.array(group) for group in rows.values() if len(group) > 1)


def _figures(frame: gpd.GeoDataFrame) -> list[tuple[str, ...] | None]:
    """Tell what each figure counts and when; None where there is no figure."""
    if "population" not in frame:
        return [None] * len(frame)
    rows = frame[list(_FIGURE)].itertuples(index=False, name=None)
    known = frame["population"].notna()
    return [row if there else None for row, there in zip(rows, known, strict=True)]


def _ranks(frame: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    """Order rows by how much they say, so that no choice depends on the order of the file."""
    if "population" not in frame:
        return [(own,) for own in frame["id"]]
    known = frame["population"].notna()
    people = frame["population"].fillna(-1)
    return list(zip(known, frame["population_date"], people, frame["id"], strict=True))


def _near(centres: NDArray[Any]) -> list[tuple[int, int]]:
    """Pairs of rows within 50 m; of rows in one and the same place, each with the first only."""
    places, first, place = np.unique(
        shapely.get_coordinates(centres), axis=0, return_index=True, return_inverse=True
    )
    pairs = [(int(first[at]), row) for row, at in enumerate(place.ravel()) if first[at] != row]
    points = shapely.points(places)
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=SAME_PLACE_M)
    pairs += [(int(first[one]), int(first[other])) for one, other in near.T if one < other]
    return sorted((min(pair), max(pair)) for pair in pairs)


def _drop(
    first: int,
    second: int,
    figures: list[tuple[str, ...] | None],
    ranks: list[tuple[Any, ...]],
    dropped: dict[int, int],
) -> None:
    """Drop the one of two rows that says less, unless they count different people or times."""
    first, second = _kept(first, dropped), _kept(second, dropped)
    one, other = figures[first], figures[second]
    if first == second or (one and other and one != other):
        return
    lost, kept = (first, second) if ranks[second] > ranks[first] else (second, first)
    dropped[lost] = kept


def _kept(row: int, dropped: dict[int, int]) -> int:
    """Follow a dropped row to the one that stays, and shorten the way for the next."""
    last = row
    while last in dropped:
        last = dropped[last]
    while row in dropped:
        dropped[row], row = last, dropped[row]
    return last


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
