"""One table of colours, line styles and symbols, for page, static maps and GeoPackage alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.project.models import Project


SIDE_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#009E73", "#56B4E9", "#F0E442")
"""Given to the sides in order: told apart by colour-blind readers, and of no flag's pair.

References
----------
Okabe, M. and Ito, K. (2008). Color universal design: how to make figures and presentations
that are friendly to colorblind people.
"""
MORE_SIDES = "#8C8C8C"
INK, PAPER, MUTED = "#1B1F24", "#FBFAF7", "#6B7280"
SETTLEMENT_OUTSIDE = "#9AA0A6"
EXPOSURE = ("#F3E3F0", "#DDB4D6", "#C07DB8", "#97498F", "#5E1F5A")
"""Few to many posts in sight: one hue, darker for more, apart from both sides' colours."""
EXPOSURE_UNKNOWN = "#9AA0A6"
TINTS = (0.62, 0.42, 0.28, 0.18)
"""How much of a side's colour the zones take, the nearest first."""
HELD_TINT = 0.10


@dataclass(frozen=True)
class LineStyle:
    """How a line is drawn: `width` in points, `dash` in points on and off (empty: solid)."""

    colour: str
    width: float
    dash: tuple[float, ...] = ()


ALTERNATIVE_COLOUR = "#9B2D6F"
ALTERNATIVE_DASHES = ((3.0, 1.5), (1.0, 1.5), (5.0, 1.5, 1.0, 1.5), (2.0, 4.0))
OLDER_DASHES = ((6.0, 3.5), (2.0, 2.5), (9.0, 3.0, 2.0, 3.0), (1.0, 2.0))
CORRIDORS: Mapping[str, LineStyle] = MappingProxyType(
    {
        "road": LineStyle("#5C4B3A", 1.6),
        "road planned": LineStyle("#5C4B3A", 1.4, (4.0, 3.0)),
        "track": LineStyle("#5C4B3A", 0.9, (2.0, 1.5)),
        "railway": LineStyle("#3D3D3D", 1.6, (1.0, 2.0)),
        "canal": LineStyle("#3C7FA6", 1.4),
        "pipeline": LineStyle("#7B5EA7", 1.4, (6.0, 2.0, 1.0, 2.0)),
        "power line": LineStyle("#7A6A00", 1.0, (1.0, 1.5)),
    }
)
OTHER_CORRIDOR = LineStyle("#6B7280", 1.2)
CORRIDOR_IN_SIGHT = LineStyle("#C0123C", 2.4)
"""A corridor in a zone where some of it is in sight; stands out on every class of `EXPOSURE`."""
PARTITION = LineStyle("#7A5C86", 1.1, (1.0, 3.0))
DISTRICT = LineStyle("#8A8F98", 0.7, (3.0, 2.0))
STUDY_AREA = LineStyle("#4B5563", 1.0)


def choose_side_colours(project: Project, *, others: Iterable[str] = ()) -> dict[str, str]:
    """Return a colour per side: the project's own, or the next free one of the default set.

    Parameters
    ----------
    project
        Its sides in order; a side described twice keeps its first colour.
    others
        Names of sides that only the data know, as in states given as polygons.

    Returns
    -------
    Name of side to ``#RRGGBB``, in the order of the project.
    """
    chosen: dict[str, str] = {}
    for side in project.sides:
        if side.colour and side.name not in chosen:
            chosen[side.name] = side.colour.upper()
    free = iter([c for c in SIDE_COLOURS if c.upper() not in chosen.values()])
    names = dict.fromkeys([*(side.name for side in project.sides), *others])
    return {name: chosen.get(name) or next(free, MORE_SIDES) for name in names if name}


def choose_line_styles(project: Project) -> dict[str, LineStyle]:
    """Return a style per line key: the newest solid and strong, older ones dashed and thinner.

    From the sixth line on the dashes come again, longer and thinner: no two lines look alike.
    """
    newest_first = sorted(project.lines, key=lambda line: line.date, reverse=True)
    styles = {newest_first[0].key: LineStyle(INK, 2.6)}
    for place, line in enumerate(newest_first[1:]):
        again, number = divmod(place, len(OLDER_DASHES))
        dash = tuple(part * (1.0 + 0.6 * again) for part in OLDER_DASHES[number])
        styles[line.key] = LineStyle(INK, max(2.0 - 0.3 * again, 0.8), dash)
    return {line.key: styles[line.key] for line in project.lines}


def choose_alternative_styles(project: Project) -> dict[tuple[str, str], LineStyle]:
    """Return a thin dashed style for each alternative, by the keys of the line and its own."""
    return {
        (line.key, other.key): LineStyle(
            ALTERNATIVE_COLOUR, 1.1, ALTERNATIVE_DASHES[number % len(ALTERNATIVE_DASHES)]
        )
        for line in project.lines
        for number, other in enumerate(line.alternatives)
    }


def choose_corridor_style(kind: str) -> LineStyle:
    """Return the style of a kind of corridor; kinds we do not know share one style."""
    return CORRIDORS.get(kind.strip().lower(), OTHER_CORRIDOR)


def mix_colours(colour: str, *, other: str, share: float) -> str:
    """Return `share` of `colour` laid over `other`, both ``#RRGGBB``."""
    parts = zip(_read_rgb(colour), _read_rgb(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in parts)


def make_zone_tints(colour: str, *, count: int) -> tuple[str, ...]:
    """Return `count` opaque tints of a side's colour, the nearest zone first and darkest."""
    first, last = TINTS[0], TINTS[-1]
    if count <= len(TINTS):
        shares: Sequence[float] = TINTS[:count]
    else:
        shares = [first - (first - last) * i / (count - 1) for i in range(count)]
    return tuple(mix_colours(colour, other=PAPER, share=share) for share in shares)


def darken_for_paper(colour: str) -> str:
    """Return the colour darkened until text in it is legible on paper (contrast of 4.5)."""
    for step in range(20):
        dark = mix_colours(colour, other="#000000", share=1 - step * 0.05)
        if measure_contrast(dark, other=PAPER) >= 4.5:
            return dark
    return INK


def measure_contrast(colour: str, *, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2, definition of contrast ratio.
    """
    light, dark = sorted((_measure_luminance(colour), _measure_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def write_count_labels(bounds: Sequence[int]) -> list[str]:
    """Return how classes of counts are called: ``1``, ``2 – 5`` and so on, by upper bounds."""
    lows = [1, *(bound + 1 for bound in bounds[:-1])]
    return [
        f"{high:,}" if low == high else f"{low:,} – {high:,}"
        for low, high in zip(lows, bounds, strict=True)
    ]


def write_illustration_label(step_m: float) -> str:
    """Return the label that stands wherever sight from coarse elevation is shown."""
    return WORDS["illustration"].format(step=f"{step_m:,.0f}")


def _read_rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _measure_luminance(colour: str) -> float:
    def linear(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(value) for value in _read_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
