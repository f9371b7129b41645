"""Parameters that many metrics share: which values they take, and what they mean.

The docstring of a metric describes only what is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from frontline.values import LonLat


@dataclass(frozen=True)
class Names:
    """Marks a parameter that names something of the project.

    Parameters
    ----------
    of
        What it names: a line, a side or a partition.
    """

    of: Literal["line", "side", "partition"]


LineKey = Annotated[str, Names("line")]
SideName = Annotated[str, Names("side")]
PartitionKey = Annotated[str, Names("partition")]
Ids = Annotated[tuple[str, ...], Field(min_length=1)]
Codes = Annotated[tuple[str, ...], Field(min_length=1)]
Kinds = Annotated[tuple[str, ...], Field(min_length=1)]
Ends = tuple[LonLat, LonLat]
Path = Annotated[tuple[LonLat, ...], Field(min_length=2)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]
Distance = Annotated[float, Field(ge=100, le=100_000, strict=True)]
Radius = Distance
Height = Annotated[float, Field(ge=0, le=500, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]

SHARED: Mapping[str, str] = MappingProxyType(
    {
        "line": "key of a line; a way that it bars cannot cross it",
        "side": "name of a side of that line",
        "from_line": "key of the earlier line",
        "to_line": "key of the later line",
        "to_side": "the side that gained the land",
        "partition": "key of a partition, or districts",
        "codes": "codes of districts; all of them if empty",
        "outline_error_m": "half-width within which the outlines lie with 95 %, metres",
        "distance_m": "the distance, metres",
        "between": "two places that bound the stretch, [[lon, lat], [lon, lat]]; or, instead,",
        "section": "a section that the project names; all of the line without either",
        "place": "identifier of a settlement",
        "places": "identifiers of settlements, or of points",
        "points": "identifiers of the places looked from",
        "start": "identifier of the place where a way begins",
        "stop": "identifier of the place where it ends",
        "radius_m": "how far is looked, metres; what lies beyond is not in sight",
        "target_height_m": "height looked at above the ground, such as a roof; else the project's",
        "kinds": "kinds of corridors, such as road or canal",
        "corridor": "identifier of a corridor",
        "kind": "kind of the points",
        "complete": "whether all such points are in the data; else a figure is only indicative",
        "checkpoints": "whether a line lets through at checkpoints",
    }
)
"""What a parameter means wherever a metric says nothing else of it."""
