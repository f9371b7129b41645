"""Names of columns, layers and values in plain words, and names of languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw "
    "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
ISO_639_1 = frozenset(_CODES.split())
"""Without ``id``, which is an identifier, and of two letters: ``alt`` would be Southern Altai."""
_NAMED = re.compile(r"(?:name|label)(?:_alt|_other)?[_:.\-]([a-z]{2})(?:[_\-]([A-Z][a-z]{3}))?")


def find_column_language(column: str) -> str:
    """Tell the language of the names in a column.

    Parameters
    ----------
    column
        As the file calls it: ``name_ru``, ``name:uk``, ``name_sr-Cyrl``.

    Returns
    -------
    A tag as HTML wants it, ``ru`` or ``sr-Cyrl``; an empty text where the name tells none.

    References
    ----------
    BCP 47 (RFC 5646), Tags for Identifying Languages; ISO 639-1.
    """
    match = _NAMED.fullmatch(column)
    if match is None or match[1] not in ISO_639_1:
        return ""
    return "-".join(part for part in match.groups() if part)


def find_name_languages(columns: Mapping[str, str]) -> dict[str, str]:
    """Tell the languages of our columns of names from those they were taken from.

    Parameters
    ----------
    columns
        Our column = the file's column, as in the project file.
    """
    languages = {ours: find_column_language(theirs) for ours, theirs in columns.items()}
    return {ours: language for ours, language in languages.items() if language}


def find_further_names(columns: Iterable[str]) -> dict[str, str]:
    """Find the columns that hold names in a language of their own, and which."""
    languages = {str(column): find_column_language(str(column)) for column in columns}
    return {column: language for column, language in languages.items() if language}


WORDS: Mapping[str, str] = MappingProxyType(
    {
        # what every product must say
        "disclaimer": (
            "Lines are drawn as generalised in their sources and carry an error. They and the "
            "names shown express no position on the status of any territory, its boundaries or "
            "its authorities. Figures are estimates. Not for navigation or military use."
        ),
        "disclaimer_short": (
            "Generalised lines; no position on status; figures are estimates; not for navigation "
            "or military use."
        ),
        "illustration": (
            "Illustration only: the elevation is too coarse ({step} m) for statements about "
            "single places."
        ),
        "illustration_short": "illustration only",
        "below_accuracy": "below accuracy",
        "inputs_hash": "Inputs",
        "inputs_hash_long": "Inputs (sha256)",
        "made_with": "Made with frontline",
        # sections
        "map": "Map",
        "legend": "Legend",
        "layers": "Layers",
        "sources": "Sources",
        "notes": "Notes",
        "key_figures": "Key figures",
        "claims": "Statements put to the test",
        "settlement": "Settlement",
        "settlements": "Settlements",
        "people": "People",
        "land": "Land",
        "line": "Line",
        "lines": "Lines",
        "side": "Side",
        "sides": "Sides",
        "zone": "Zone",
        "zones": "Zones",
        "changes": "Changes",
        "corridors": "Roads and other corridors",
        "crossings": "Crossings",
        "districts": "Districts",
        "points": "Named points",
        "flows": "Displaced people",
        "links": "What settlements depend on",
        "events": "Events",
        "study_area": "Study area",
        "hillshade": "Hill shading",
        "landcover": "Land cover",
        "canopy": "Height of trees",
        "corridor_sight": "Corridors in sight of the line",
        "control_change": "Settlements before and after",
        "exposure": "Line in sight",
        "labels": "Names",
        "distance": "Distance",
        "source": "Source",
        "date": "Date",
        "name": "Name",
        "accuracy": "Accuracy",
        "regional_context": "Regional context",
        "context": "Context",
        "plane": "Equal-area plane of the run (Lambert azimuthal)",
        "scale": "Scale",
        # lines
        "line_accuracy": "position ± {error} m (95 %)",
        "line_error_varies": "position ± {low} to {high} m (95 %)",
        "line_error_none": "position error not stated",
        "line_length": "{length} km",
        "older": "older",
        "newer": "newer",
        "other_line": "Other lines",
        "alternatives": "Lines by other sources",
        "line_by": "The same line by {source}, {accuracy}",
        "between_sources": "{range} between sources of the line",
        # the page's controls
        "skip": "Skip to the figures",
        "show_line": "Line shown",
        "compare": "Compare",
        "compare_with": "Compare with",
        "swipe": "Swipe",
        "swipe_handle": "Divider between {left} and {right}",
        "swipe_help": "Drag the divider, or use the arrow keys.",
        "distance_slider": "Distance from the line",
        "within": "Within {distance} km of the line",
        "between_runs": "drawn for {distance} km; people counted from the settlements",
        "search": "Search places",
        "search_hint": "Any name, any script",
        "search_none": "No place of that name",
        "search_one": "1 place",
        "search_count": "{count} places",
        "names": "Names",
        "names_name": "Names as listed",
        "names_name_alt": "Alternative names",
        "names_both": "Both",
        "filters": "Filter and list",
        "filter_all": "All",
        "filter_zone": "Within the distance only",
        "filter_sight": "Line in sight only",
        "filter_crossed": "Cut by the line only",
        "filter_uncertain": "Side uncertain only",
        "filter_kind": "Figures",
        "filter_least": "People, at least",
        "filter_shown": "{shown} of {total} settlements shown",
        "measure": "Measure",
        "measure_help": (
            "Click points, or move the map with the arrow keys and press Space for its middle; "
            "double-click or Enter ends, Escape clears."
        ),
        "measure_total": "{length} km",
        "tools": "Map tools",
        "map_keys": (
            "Map: arrow keys move it, plus and minus zoom; the list of settlements is under Filter "
            "and list"
        ),
        "fullscreen": "Full screen",
        "theme": "Light or dark",
        "panel": "Panel",
        "close": "Close",
        "print": "Print",
        "export": "Save what is shown",
        "export_csv": "CSV",
        "export_geojson": "GeoJSON",
        "copy_link": "Link to this view",
        "copied": "Link copied",
        "home": "Whole area",
        "zoom_in": "Zoom in",
        "zoom_out": "Zoom out",
        "coordinates": "Coordinates",
        "keys": "Keys",
        "keys_on": "Single keys do this outside of fields",
        "noscript": "The map needs JavaScript; the figures of the run are in the tables beside it.",
        # online tiles, by choice
        "basemap": "Online map ({host})",
        "basemap_warning": (
            "Tiles are fetched from {host} while you look. It learns your network address and "
            "which places you look at, and so does anyone it tells. Nothing is fetched before "
            "you agree; this page never remembers that you did."
        ),
        "basemap_agree": "Load tiles",
        "basemap_decline": "Leave them off",
        "basemap_on": "{host} is being told where you look.",
        "basemap_failed": (
            "{host} gives no tiles: no network, or it refuses pages that are opened from a file."
        ),
        "basemap_policy": "Rules of use",
        # figures
        "figures": "Figures",
        "chart": "People against distance",
        "chart_text": "People within each distance of the line, by side; source: {source}.",
        "figures_at": "Figures within {distance} km",
        "area_km2": "Land, km²",
        "residents": "residents",
        "registered": "registered",
        "displaced": "displaced",
        "unknown": "unknown",
        "people_unknown": "people unknown",
        "undated": "undated",
        "source_settlements": "Settlements (residents)",
        "source_settlements:registered": "Settlements (registered)",
        "source_settlements_by_raster": "Settlements without a figure, by grid",
        "source_raster": "Population grid",
        "source_districts": "Districts",
        "source_stated": "As stated",
        "place_counted": "1 settlement",
        "places_counted": "{count} settlements",
        "figure": "Figure at the line's date",
        "figure_holds": "holds",
        "place_unknown": "1 more settlement has no figure",
        "places_unknown": "{count} more settlements have no figure",
        "no_figure": "no figure",
        "interval": "95 % interval",
        "sources_apart": "Sources are shown side by side and are never added up or averaged.",
        "sight_share": "Land in sight of the line",
        # settlement panel
        "also": "Also",
        "population": "Population",
        "people_of": "{count} {kind}, {date}",
        "held_by": "Side",
        "outside": "outside the study area",
        "certain": "certain",
        "side_by_others": "uncertain, by other sources of the line",
        "uncertain": "uncertain: nearer to the line than its error",
        "distance_to_line": "Distance to the line",
        "direction": "towards {direction}",
        "in_zone": "In the zone of",
        "beyond_zones": "beyond the zones",
        "crossed": "Cut by the line",
        "not_crossed": "not cut by the line",
        "share_own_side": "Share on its side",
        "contested_share": "Share within the line's error",
        "in_sight": "Line in sight",
        "visible": "yes",
        "hidden": "no",
        "out_of_range": "beyond the radius",
        "sight_uncertain": "not certain: within the error of the heights",
        "line_in_sight": "{seen} of {all} km of the line within {radius} km",
        "control": "Between the lines",
        "stayed": "stayed on the same side",
        "changed": "changed sides",
        "cut": "cut by a line",
        "control_uncertain": "not certain",
        "id": "Id",
        "choose_place": "Choose a settlement on the map or by search to see its figures.",
        # what stands in coded columns
        "corridor_in_sight": "Road or corridor in sight, somewhere within the zone",
        "code_visible": "in sight",
        "code_hidden": "not in sight",
        "code_undecided": "undecided: terrain unknown",
        "code_cumulative": "from the line to the distance",
        "code_ring": "from the next smaller distance",
        "code_changed": "changed sides",
        "code_unchanged": "same side",
        "code_within_error": "within the lines' error",
        # legend
        "legend_residents": "Settlement, residents known",
        "legend_registered": "Registered people only",
        "legend_unknown": "Number of people unknown",
        "legend_crossed": "Cut by the line",
        "legend_sight": "Line in sight",
        "legend_uncertain": "Side uncertain",
        "legend_zone": "Zones, darker nearer to the line",
        "legend_held": "{side}",
        "legend_changed": "Changed hands, to {side}",
        "legend_within_error": "Apparent change within the lines' error",
        "legend_exposure": "Posts on the line in sight",
        "legend_exposure_unknown": "Undecided: terrain unknown",
        "legend_size": "Size: people",
        "legend_study_area": "Study area",
        "road": "Road",
        "road planned": "Road, planned",
        "track": "Track",
        "railway": "Railway",
        "canal": "Canal",
        "pipeline": "Pipeline",
        "power line": "Power line",
        "other": "Other",
        # geography
        "north": "N",
        "km": "km",
        "m": "m",
        "n": "north",
        "ne": "north-east",
        "e": "east",
        "se": "south-east",
        "s": "south",
        "sw": "south-west",
        "w": "west",
        "nw": "north-west",
    }
)
"""English. Braces hold what is filled in by `str.format`, in Python and in the page alike."""


def label_source(source: str) -> str:
    """Return how a source of people is called, for example ``Population grid (grid)``.

    Parameters
    ----------
    source
        The key in ``zones.csv``: ``settlements``, ``raster:<key>``, ``stated:<id>`` and so on.
    """
    if f"source_{source}" in WORDS:
        return WORDS[f"source_{source}"]
    kind, _, key = source.partition(":")
    label = WORDS.get(f"source_{kind}", kind)
    return f"{label} ({key})" if key else label


def label_corridor(kind: str) -> str:
    """Return the word for a kind of corridor; an unknown kind is shown as it was given."""
    return WORDS.get(kind, kind) if kind else WORDS["other"]
