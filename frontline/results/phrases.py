"""The words and sentences of the report, apart from `words` so that the page stays small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

REPORT: Mapping[str, str] = MappingProxyType(
    {
        # the frame of the report
        "report": "Report",
        "kicker": "Front-line analysis",
        "comparing": "What {lines} meant for the land and the people beside them",
        "comparing_one": "What {lines} meant for the land and the people beside it",
        "line_of": "the line of {date}",
        "and": "{first} and {last}",
        "contents": "Contents",
        "brief": "In brief",
        "asked": "What was asked",
        "maps": "Maps",
        "figures": "Land and people near the lines",
        "quotes": "Sentences ready to quote",
        "distance": "How far settlements lie from the line",
        "sight": "What lies in sight of the line",
        "land": "Land that changed hands",
        "cover": "Land cover: farmland and trees",
        "places": "Settlements between the lines",
        "roads": "Roads and other corridors",
        "claims": "Statements put to the test",
        "quality": "Sources and how good they are",
        "limits": "Limits",
        "how": "How this was computed",
        "inputs": "Files that went in",
        "zoom": "Show at full size",
        "sheet_map": "The newest line with its zones, in detail and in the region.",
        "sheet_pair": "The lines side by side, each with its zones.",
        "sheet_exposure": "What is in sight of each line.",
        # how to read
        "how_to_read": (
            "How to read the figures. A figure in brackets or in small print after another is its "
            "95 % interval: it holds what can come of the lines lying elsewhere within their "
            "error, and nothing else. It does not hold the errors of population sources or of "
            "elevation, which the last sections describe. Figures are rounded as far as their "
            "interval supports; the tables beside this report hold every digit. Sources that "
            "disagree stand side by side and are never added up or averaged."
        ),
        "unknown_not_zero": (
            "“No figure” means that the source says nothing there. It never means that nobody "
            "lives there. Registered people are those whom an authority counts as belonging to a "
            "place; many of them may live elsewhere."
        ),
        # in brief
        "brief_land": (
            "Between {old} and {new}, about {number} of land went from the {giver} to the "
            "{taker} side."
        ),
        "brief_people": "On the {side} side were {parts}.",
        "brief_first": "{number} {source} within {distance} of the line of {date}",
        "brief_part": "{number} within {distance} of the line of {date}",
        "brief_caveat": " Caveat: {parts}.",
        "brief_distance": (
            "Half of the settlements listed on the {side} side lay within {old} of the line of "
            "{old_date}; of those on that side later, half lie within {new} of the line of "
            "{new_date}."
        ),
        "brief_places": (
            "Of {total} settlements listed, {stayed} stayed on the same side and {changed} changed "
            "sides. Of {uncertain} it cannot be said: they lie nearer to a line than its error, "
            "or outside the study area."
        ),
        "brief_cut": "{count} are cut by a line.",
        "brief_roads": "Roads and other corridors cross {parts}.",
        "brief_roads_part": "the line of {date} {count}",
        "once": "at 1 place",
        "times": "at {count} places",
        "never": "nowhere",
        "schematic": "schematic: indicative only",
        "schematic_long": (
            "The corridors are schematic: drawn from place to place, and shorter than the real "
            "ones. Lengths and crossings are indicative only."
        ),
        "brief_claims": "{total} statements of reports were put to the test: {parts}.",
        # what was asked
        "asked_text": (
            "This report looks at {area} km² of land and asks, for each dated line: how much land "
            "and how many people lie within {distances} of it on either side, how far settlements "
            "are from it, what is in sight of it, which roads and canals it cuts, and what "
            "changed from one line to the next."
        ),
        "asked_text_one": (
            "This report looks at {area} km² of land and asks of the line: how much land and how "
            "many people lie within {distances} of it on either side, how far settlements are "
            "from it, what is in sight of it, and which roads and canals it cuts."
        ),
        "asked_sight": (
            "Sight is computed over terrain and the curve of the earth, from a person of "
            "{observer} m standing on the line to one of {target} m, up to {radius} km away. "
            "{model}"
        ),
        "sight_ground": "The terrain is the bare ground: trees and houses are not in the way.",
        "sight_trees": "Trees are in the way, houses are not.",
        "sight_surface": "The terrain holds trees and roofs as they were when it was measured.",
        "sight_unknown": "Whether the terrain holds trees and roofs is not stated.",
        "asked_draws": (
            "Each line was displaced {draws} times at random within its error; the intervals are "
            "what 95 % of these displaced lines give."
        ),
        "asked_table": "The lines",
        "line": "Line",
        "date": "Date",
        "length": "Length, km",
        "accuracy": "Accuracy",
        "held": "Land held, km²",
        "side_held": "{side}, km²",
        # figures
        "people_table": "{side} side: land and people within each distance of the line",
        "source": "Source",
        "within": "Within {distance}",
        "area": "Land, km²",
        "people": "People",
        "interval": "{low} to {high}",
        "no_figure": "no figure",
        "no_place": "no settlement listed",
        "not_covered": "source does not reach here",
        "counted": "{count} settlements",
        "counted_one": "1 settlement",
        "without": "{count} more settlements have no figure",
        "without_only": "{count} settlements have no figure",
        "list_holds": "list holds about {share} of the people",
        "covers": "figures cover {share} of the zone",
        "stated_by": "As stated by {source}",
        "source_settlements": "residents of listed settlements",
        "source_settlements:registered": (
            "people registered in listed settlements (they may live elsewhere)"
        ),
        "source_settlements:displaced": "displaced people in listed settlements",
        "source_settlements_by_raster": (
            "people around settlements without a figure, by the population grid “{key}”"
        ),
        "source_districts": "residents by district figures",
        "source_districts:registered": (
            "registered people by district figures (they may live elsewhere)"
        ),
        "source_districts:displaced": "displaced people by district figures",
        "source_raster": "people by the population grid “{key}”",
        "people_chart": "People within each distance of the line",
        "people_chart_note": (
            "Each curve adds up everybody from the line to the distance below it. Shaded: 95 % "
            "interval for the position of the line. Curves of different sources must not be "
            "added. A curve of settlements rises in steps, at each settlement listed."
        ),
        "distance_axis": "km from the line",
        "quotes_text": "Each sentence holds the figure, its interval, date, source and caveat.",
        # distance
        "distance_text": (
            "Every dot is a settlement listed, placed by its distance from the line in force; "
            "the box holds the middle half of them, and its bar is the median. A settlement is "
            "counted on the side that held it under that line."
        ),
        "distance_chart": "Distance of settlements from the line, by side and line",
        "distance_table": "Distance from the line, by side, in km",
        "side": "Side",
        "settlements": "Settlements",
        "nearest": "Nearest",
        "quarter": "A quarter within",
        "half": "Half within",
        "three_quarters": "Three quarters within",
        "below_accuracy_note": (
            "“Below accuracy”: nearer than the error of the line can tell ({errors})."
        ),
        # sight
        "sight_text": (
            "Land counts as in sight if at least one point of the line sees it. What the terrain "
            "data leave undecided is shown apart and never counted as hidden."
        ),
        "sight_chart": "Share of the land in sight of the line, by side and distance",
        "sight_table": "Settlements in sight of the line",
        "in_sight": "In sight",
        "hidden": "Not in sight",
        "undecided": "Undecided",
        "in_range": "Within {radius} km",
        "share_in_sight": "in sight",
        "share_undecided": "undecided",
        # land
        "land_text": (
            "Land between two lines that lies nearer to one of them than its error may not have "
            "changed hands at all: it is counted in the flow, and shown apart as open."
        ),
        "land_table": "Flows of land, km²",
        "from_to": "From – to",
        "from_side": "Held before by",
        "to_side": "Held after by",
        "flow": "All land",
        "certain": "Beyond doubt",
        "open": "Open within the error",
        "total": "Total",
        "land_chart": "Land held by each side",
        # places
        "places_table": "Settlements by what happened to them",
        "what_happened": "What happened",
        "people_listed": "People listed",
        "stayed": "Stayed on the same side",
        "changed": "Changed sides",
        "cut": "Cut by a line",
        "uncertain": "Not certain",
        "places_people": (
            "Residents and registered people are never added; each figure is the one that the "
            "list gives, whatever its date."
        ),
        "changed_list": "Changed sides, in alphabetical order",
        "uncertain_list": "Not certain or cut by a line, in alphabetical order",
        "uncertain_text": (
            "These settlements lie nearer to a line than its error, or a line runs through them: "
            "which side they were on cannot be told from these data alone."
        ),
        "more": "and {count} more, in the table control_change.csv",
        "settlement": "Settlement",
        "before": "Before",
        "after": "After",
        "distance_before": "Distance before, km",
        "distance_after": "Distance after, km",
        "nobody": "outside",
        # corridors
        "roads_table": "Length on each side and near the line, km",
        "roads_text": (
            "Each interval is that of all corridors of the kind together, which a displaced line "
            "moves at once."
        ),
        "kind": "Kind",
        "whole_side": "whole side",
        "crossings_table": "Crossings, in alphabetical order",
        "corridor": "Corridor",
        "direction": "From – to",
        "angle": "Angle to the line",
        "crossings_more": "and {count} more, in the table crossings.csv",
        "no_crossings": "No corridor crosses a line.",
        # further cuts
        "further": "Further questions",
        "further_text": (
            "The project asks these questions beside the main ones. Scenarios are lines that "
            "might be, not lines that are."
        ),
        "further_more": "and {count} more rows, in the table {table}.csv",
        "at_least": "at least {number}",
        "column_name": "Name",
        "column_label": "Name",
        "column_place_name": "Settlement",
        "column_line": "Line",
        "column_from_line": "From the line of",
        "column_to_line": "To the line of",
        "column_side": "Side",
        "column_from_side": "Held before by",
        "column_to_side": "Would be held by",
        "column_sides": "Same side or not",
        "column_distance_m": "Distance",
        "column_area": "Land, km²",
        "column_share": "Share of the part",
        "column_population": "Residents listed",
        "column_registered": "Registered people",
        "column_settlements": "Settlements",
        "column_length_km": "Length, km",
        "column_road_km": "Roads, km",
        "column_mean": "Mean distance, m",
        "column_median_m": "Half of it within, m",
        "column_p90_m": "Nine tenths within, m",
        "column_max_m": "Farthest, m",
        "column_source": "Source",
        "column_people": "People",
        "column_people_visible": "Of them in sight",
        "column_what": "What",
        "column_origin": "From",
        "column_destination": "To",
        "column_amount": "Stated",
        "column_parts": "Sum of its parts",
        "column_unit": "Unit",
        "column_balance": "Do they fit",
        "column_date": "Date",
        "column_kind": "Kind",
        "column_reach": "Reachable",
        "column_claimed_by": "Claimed by",
        "column_disputed": "Disputed",
        "column_generalise_m": "Bends left out, m",
        "column_measure": "Measure",
        "column_line_ground_mean": "Mean",
        "column_median": "Half at most",
        "column_p90": "Nine tenths at most",
        "column_threshold": "Threshold",
        "column_share_above": "Share of the line above it",
        "column_error_m": "Known to, m",
        "column_line_certainty_area": "Land left open, km²",
        "column_nearest_m": "Nearest, km",
        "column_nearness_median_m": "Half within, km",
        "column_visible": "In sight",
        "measure_elevation_m": "Elevation, m",
        "measure_slope_deg": "Slope, degrees",
        "measure_relief_m": "Relief within 5 km, m",
        # claims
        "claims_text": (
            "Statements of reports about space, people and sight were restated and put to the "
            "same data. A verdict says what these data can tell, not who is right."
        ),
        "verdict_supported": "the data can tell, and the figure agrees with the statement",
        "verdict_contradicted": "the data can tell, and the figure does not agree",
        "verdict_indicative only": "a figure was computed, but the data are too coarse to decide",
        "verdict_not testable": "the data needed are not in this project",
        "verdict_undefined": "the statement leaves open what it measures",
        "verdict_below accuracy": "what is stated is smaller than the error of the data",
        "verdict_excluded": "left out by design",
        "verdicts": "Verdicts",
        "statement": "Statement",
        "statements": "Statements",
        "meaning": "Meaning",
        "figures_and_reason": "Figures and reason",
        "stated": "Stated",
        "computed": "Computed",
        "by": "{ends}, by {cause}",
        "verdict": "Verdict",
        "against": "Against it stands {ids}",
        "against_title": "Statements against each other",
        "against_text": "These statements cannot both hold, or do not fit each other.",
        "claims_list": "All statements",
        "section": "Section {section}",
        "nothing": "–",
        # land cover
        "cover_text": (
            "Land cover is a map of what the ground bears, made from pictures taken by "
            "satellites. Where it is unknown, it is counted as unknown and as nothing else."
        ),
        "cover_dated": (
            "The map is of {date}; it is laid under {lines} alike. What was farmland at another "
            "date it does not say: fields left fallow because of a line may count as grassland."
        ),
        "cover_undated": (
            "The date of the map is not stated; it is laid under all lines alike, and what was "
            "farmland at another date it does not say."
        ),
        "cover_note": (
            "Shares in brackets are of the land there whose cover is known. Intervals hold the "
            "position of the lines; they do not hold the map's own errors, which mix up farmland, "
            "grassland and shrubland most of all."
        ),
        "cover_held": "Land cover by side and distance",
        "cover_changes": "Land cover that changed hands",
        "cover_class": "Land cover",
        "cover_km2": "{cover}, km²",
        "cover_share": "Share of what the side had held",
        "cover_side": "the whole side",
        "land_where": "Land",
        "land_cover_input": "Land cover",
        "canopy_input": "Height of trees",
        "q_trees": "Added to the ground for sight; a mean over each cell of the elevation.",
        "q_trees_height": "{height} m wherever the land cover has trees; added for sight.",
        "q_cover": "Known on {share} of the study area; cells of {step} m.",
        "q_cover_classes": "Classes: {classes}.",
        # quality
        "quality_table": "What went into this report",
        "input": "Input",
        "who": "Source, date and licence",
        "known": "What is known of it",
        "study_area": "Study area",
        "elevation": "Elevation",
        "points": "Named points",
        "districts": "Districts",
        "corridors": "Roads and other corridors",
        "no_source": "source not stated",
        "q_area": "{area} km².",
        "q_places": "{count} places: {parts}.",
        "q_residents": "{count} with residents",
        "q_registered": "{count} with registered people only",
        "q_displaced": "{count} with displaced people only",
        "q_none": "{count} without a figure",
        "q_undated": "{count} figures carry no date and are used as they are.",
        "q_complete": (
            "How much of the people within {distance} the list can hold: {parts}. Statements "
            "about people need at least 90 %."
        ),
        "q_complete_part": "{share} ({side}, {line})",
        "q_complete_unknown": "unknown ({side}, {line})",
        "q_features": "{count} features.",
        "q_km": "{count} features, {km} km in all.",
        "q_districts": "{count} districts, {known} with a figure.",
        "q_errors": "Known of the outlines: {parts}.",
        "q_error": "{fault} ({names})",
        "q_cells": "Cells of {step} m.",
        "q_grid": "{kind}.",
        "q_count": "People per cell",
        "q_density": "People per square kilometre",
        "q_valid": "Used for lines from {start} to {end}.",
        "q_any": "any date",
        "q_series": "Of the series “{series}” each line takes the one nearest in date.",
        "q_undated_grid": "Its date is not stated.",
        "q_away": (
            "Of its {people} people in the study area, {parts} live farther than {reach} from "
            "every listed settlement on their side."
        ),
        "q_away_part": "{share} with the line of {line}",
        "q_by_district": (
            "In the districts with a figure it holds {ratio} times the residents that they state."
        ),
        "q_datum": "Heights above {datum}.",
        "q_ground": "Bare ground.",
        "q_surface": "With trees and roofs.",
        "q_unknown": "Whether trees and roofs are in it is not stated.",
        "q_sd": "Stated error: {error} m (standard deviation).",
        "q_no_sd": "Its error is not stated.",
        "q_heights": (
            "Compared with {count} points of known height, it lies {mean} m {way} on average; "
            "typical difference {rms} m (root mean square)."
        ),
        "q_higher": "higher",
        "q_lower": "lower",
        "q_stated": "{figure} people within {distance} on the {side} side of {line}.",
        "stated_figure": "Figure stated by others",
        "note_count": "{count} concerned.",
        "notes_title": "What else a reader must know",
        # limits
        "limit_line": (
            "A line on a map is not the line on the ground. It is generalised, is known to within "
            "the error named, and stands for the day named; between the dates nothing is said."
        ),
        "limit_people": (
            "People are where the sources put them. A settlement given as a point counts whole on "
            "the side of that point. Lists leave out small places; district figures are spread "
            "evenly over the land of the district."
        ),
        "limit_sight": (
            "In sight of the line means that nothing in the terrain data stands between. It does "
            "not mean that anyone is there, looks, or can reach."
        ),
        "limit_ground": (
            "The elevation is that of the bare ground. Woods and houses hide nothing in it: what "
            "is called in sight may lie behind them, and what is called hidden is hidden by the "
            "ground itself."
        ),
        "limit_trees": (
            "The elevation is that of the bare ground, with trees upon it. Rays must clear them "
            "everywhere but in the cell of the post, which stands on the ground in a clearing of "
            "one cell; what lies among trees is looked at on top of them, so that land under trees "
            "counts as in sight where the tops are. Both can only add to what is in sight. Heights "
            "of trees are means over a cell, of the day of their source: gaps, bare branches, "
            "felling and growth since then are not in them. Where they are unknown, what lies "
            "behind is undecided. Houses hide nothing."
        ),
        "limit_surface": (
            "The elevation holds trees and roofs as they were when it was measured. Posts and "
            "places in a wood or a town stand on top of it, where more is seen than from the "
            "ground; what is called hidden may be hidden by trees or roofs alone, and open once "
            "they are gone or bare."
        ),
        "limit_unknown": (
            "It is not stated whether the elevation holds trees and roofs. If it does, what is "
            "called hidden may be hidden by them alone; if it does not, they hide more than is "
            "said."
        ),
        "limit_cause": (
            "The report measures distance, land, sight and roads. It says nothing of causes, "
            "rights, intentions or danger, and makes no choice among the names and sides it shows."
        ),
        "method": (
            "Areas, distances and lengths are measured on the ellipsoid. Zones end at the true "
            "distance from the line. Intervals come from lines displaced at random within their "
            "error, alike over {correlation}. All of it can be computed again from the files "
            "below: the same files give the same report, byte by byte."
        ),
        "file": "File",
        "hash": "sha256",
        "versions": "Made with frontline {version}. Sum of all inputs: {hash}.",
        "error_varies": "accuracy differs along the line",
        "below_accuracy": "below accuracy",
        "illustration_mark": "illustration only",
    }
)
"""English. Braces hold what is filled in by `str.format`."""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def day(date: dt.date) -> str:
    """Write a day for people: 12 May 1994."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"
