"""How large a place is that is given as a point: a city's distance to a line is not one number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from frontline.errors import to_one_line
from frontline.records import Note

if TYPE_CHECKING:
    import geopandas as gpd

LARGE = 60_000
"""People from whom on a place given as a point is larger than a statement about kilometres."""
PER_KM2 = 5_000.0
"""People per square kilometre of a city, to tell how wide it may be."""
MOST_NAMES = 5


def estimate_width_km(people: float) -> float:
    """Estimate how wide a round city of so many people is, at 5,000 people per square kilometre."""
    return 2.0 * math.sqrt(people / PER_KM2 / math.pi)


def find_large_points(settlements: gpd.GeoDataFrame) -> list[tuple[str, int]]:
    """Find settlements of 60,000 people or more that are points: name and people, largest first."""
    if len(settlements) == 0:
        return []
    points = shapely.get_dimensions(settlements.geometry.to_numpy()) == 0
    own = settlements[points & (settlements["population"].fillna(0) >= LARGE).to_numpy(dtype=bool)]
    pairs = zip(own["name"], own["population"], strict=True)
    return sorted(((str(name), int(people)) for name, people in pairs), key=lambda row: -row[1])


def describe_large_points(settlements: gpd.GeoDataFrame) -> tuple[Note, ...]:
    """Say which cities are points, so that nobody quotes their distance to the kilometre."""
    large = find_large_points(settlements)
    if not large:
        return ()
    shown = ", ".join(
        f"'{to_one_line(name)}' ({people:,} people, some {estimate_width_km(people):.0f} km wide)"
        for name, people in large[:MOST_NAMES]
    )
    more = f" and {len(large) - MOST_NAMES} more" if len(large) > MOST_NAMES else ""
    text = (
        f"Cities given as points: {shown}{more}. All their people count where the point lies, and "
        "a distance is that of the point: statements about kilometres of them are indicative "
        "only. Give them as polygons."
    )
    return (Note("settlements", text, len(large)),)
