"""What columns of roads say: which way they may be driven, and what they pass over or under."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from frontline._typing import Integers

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray


_BOTH = {"", "no", "false", "0", "0.0", "b", "none", "nan", "<na>", "both"}
_ONWARD = {"yes", "true", "1", "1.0", "y", "f", "ft", "forward"}
_BACKWARD = {"-1", "-1.0", "reverse", "t", "tf", "backward"}
_BY_TURNS = {"reversible", "alternating"}
_NOT_SO = {"", "no", "false", "0", "0.0", "f", "n", "none", "nan", "<na>"}

_MOST_NAMED = 5


def read_directions(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which roads can be driven as they are drawn, and which against that.

    Parameters
    ----------
    roads
        With ``oneway`` as OpenStreetMap writes it (yes, no, -1, reversible), as Geofabrik does
        (F as drawn, T against, B both) or as car navigation does (FT, TF, N closed).

    Returns
    -------
    Two masks of shape ``(n,)``. What is not known, or changes by turns, is open both ways.
    """
    all_open = np.ones(len(roads), dtype=bool)
    if "oneway" not in roads:
        return all_open, all_open
    words = _simplify_words(roads["oneway"])
    # N is "no" beside Y, and "no traffic" beside FT and TF.
    closed = words.eq("n").to_numpy(bool) & words.isin(["ft", "tf"]).any()
    onward, backward = (words.isin(known).to_numpy(bool) for known in (_ONWARD, _BACKWARD))
    return ~(backward | closed), ~(onward | closed)


def doubt_directions(roads: gpd.GeoDataFrame) -> Iterator[str]:
    """Say what of ``oneway`` is not known, changes by turns, or can be read in two ways."""
    if "oneway" not in roads:
        return
    words = _simplify_words(roads["oneway"])
    turns = int(words.isin(_BY_TURNS).sum())
    if turns:
        yield (
            f"{turns} {'road is' if turns == 1 else 'roads are'} one-way by turns (reversible or "
            "alternating) and open both ways here"
        )
    strange = words[~words.isin(_BOTH | _ONWARD | _BACKWARD | _BY_TURNS | {"n"})]
    if len(strange):
        named = ", ".join(f"'{word}'" for word in sorted(set(strange))[:_MOST_NAMED])
        yield (
            f"{len(strange)} {'road has' if len(strange) == 1 else 'roads have'} a oneway that is "
            f"not known ({named}) and count as open both ways (expected yes, no, -1, or F, T, B)"
        )
    present = set(words)
    if present & {"t", "f"} and "b" not in present:
        yield "oneway is read as Geofabrik writes it: F as drawn, T against, B both"


def read_levels(roads: gpd.GeoDataFrame) -> Integers:
    """Tell on which level each road runs: 0 on the ground, 1 on a bridge, -1 in a tunnel.

    Parameters
    ----------
    roads
        With ``layer``, ``bridge`` and ``tunnel`` where known; ``layer`` comes first.

    Returns
    -------
    Shape ``(n,)``. Two roads that cross on different levels do not meet.
    """
    import pandas as pd

    level = np.zeros(len(roads), dtype=np.int64)
    for name, step in (("bridge", 1), ("tunnel", -1)):
        if name in roads:
            level[~_simplify_words(roads[name]).isin(_NOT_SO).to_numpy(bool)] = step
    if "layer" in roads:
        stated = pd.to_numeric(roads["layer"], errors="coerce").to_numpy(float, na_value=np.nan)
        on_layer = np.isfinite(stated) & (stated != 0)
        level[on_layer] = stated[on_layer].astype(np.int64)
    return level


def _simplify_words(column: pd.Series[str]) -> pd.Series[str]:
    return column.astype("string").fillna("").str.strip().str.casefold()
