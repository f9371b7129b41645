"""How ways by road are reckoned: what the project file sets under ``[travel]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from frontline.models import Part
from frontline.values import Flag, Number

Speed = Annotated[float, Field(strict=True, gt=0, le=300)]


class Travel(Part):
    """Speeds, slopes and checkpoints on the way by road."""

    speeds_kmh: dict[str, Speed] = Field(
        {},
        description="speed by kind of corridor, km/h; other kinds keep motorway 90, trunk 70, "
        "primary 60, secondary and road 50, tertiary 40, track 15. A column speed_kmh of the "
        "corridors comes before. A kind named here can be driven",
    )
    slopes: Flag = Field(
        True,
        description="whether slopes limit speeds, where elevation has cells of 100 m or less and "
        "the corridors are not schematic; else roads are level",
    )
    power_w_kg: Number = Field(
        15.0,
        gt=0,
        description="power by which a slope limits speed, uphill and downhill, watts per kilogram",
    )
    checkpoint_kind: str = Field(
        "checkpoint",
        min_length=1,
        description="kind of the points where a line lets through; their column wait_min says at "
        "what cost",
    )
    checkpoint_min: Number = Field(
        30.0, ge=0, description="what passing a checkpoint costs, minutes, where wait_min is empty"
    )
    checkpoint_m: Number = Field(
        500.0, gt=0, description="a crossing this near to a checkpoint is open, metres"
    )
