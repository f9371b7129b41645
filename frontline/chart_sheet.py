"""The sheet of people against distance: a panel per line, a colour per side, a dash per source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline.captions import LegendRow, chart_rows
from frontline.furniture import draw_panel_title, draw_wide_legend
from frontline.sheet_layout import panels
from frontline.symbols import MUTED, side_colours
from frontline.words import WORDS

if TYPE_CHECKING:
    import pandas as pd

    from frontline.figures import Paper
    from frontline.results import Results

MOST_PANELS = 3
VALUES = ["distance_m", "population", "population_low", "population_high"]


def draw_chart_sheet(paper: Paper, results: Results, foot: float) -> None:
    """Draw what each source says of the people within each distance; the last three lines.

    A figure that a source states for one distance is a sign at that distance, with its range.
    """
    people = results.people if results.profile is None else results.profile
    people = people[people["population"].notna() & (people["kind"] == "cumulative")]
    if people.empty:
        return
    rows = chart_rows(results, list(dict.fromkeys(people["source"])))
    room = draw_wide_legend(paper, list(rows.values()), foot)
    keys = [str(key) for key in results.lines.sort_values("date", kind="stable")["line"]]
    keys = keys[-MOST_PANELS:]
    highest = people["population_high"].fillna(people["population"])
    limits = {
        "xlim": (0, float(people["distance_m"].max()) / 1000),
        "ylim": (0, float(highest.max()) * 1.05),
    }
    for key, (x, y, width, height) in zip(keys, panels(len(keys), room, 1.6), strict=True):
        rect = (x + 8.0, y + 8.0, width - 11.0, height - 10.0)
        axes = paper.axes(rect)
        _draw_curves(axes, people[people["line"] == key], results, rows)
        axes.set(**limits)
        axes.set_xlabel(f"{WORDS['distance']}, {WORDS['km']}")
        axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
        axes.grid(visible=True, lw=0.3, color="#D5D5D5")
        axes.spines[["top", "right"]].set_visible(False)
        draw_panel_title(paper, results, key, rect)


def _draw_curves(
    axes: Any, people: pd.DataFrame, results: Results, rows: Mapping[str, LegendRow]
) -> None:
    colours = side_colours(results.project, results.sides["side"])
    for (side, source), group in people.groupby(["side", "source"], sort=True):
        own = group.sort_values("distance_m")[VALUES].to_numpy(dtype=float)
        row = rows[f"source {source}"]
        colour = colours.get(str(side), MUTED)
        if row.kind == "sign":
            km, value, low, high = own.T
            spread = np.nan_to_num(np.vstack([value - low, high - value]))
            look: dict[str, Any] = {"color": colour, "mec": colour, "mfc": "white", "ms": 4.5}
            axes.errorbar(km / 1000, value, np.maximum(spread, 0), fmt=row.marker, lw=1.0, **look)
            continue
        km, value, low, high = np.vstack([np.zeros(4), own]).T
        style = row.line
        dashes = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        axes.plot(km / 1000, value, color=colour, ls=dashes, lw=style.width)
        axes.fill_between(km / 1000, low, high, color=colour, alpha=0.12, lw=0)
