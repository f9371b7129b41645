"""One module per question about lines and data.

alternatives
    A case with lines as other sources draw them: what every figure would be then.
change
    What changed between two dated lines: land, places, people, and in which steps.
context
    Inputs and first results of a run in its plane, for the tables that are made of them.
correlation
    What key figures would be, were the error of a line alike over less or more of its length.
corridor_measures
    Figures about corridors that no table holds: gaps, lengths, widths of land beside them.
corridors
    Roads, canals, pipelines: kilometres by side and zone, and where a line cuts them.
dependencies
    What settlements depend on: same side of the line or not, how far, reachable or not.
displaced_people
    Stocks and flows of displaced people: what is part of what, and whether the parts add up.
distances
    Distances of places from a line and from each other, and of whole sides, old and new.
events
    Dated events against the line of their day; positions that sources dispute stay two.
heights
    High and low ground beside a line, and what of it is in sight of the line or of a height.
land_held
    Which share of any land a side holds, gained, or has within an outline, with both errors.
landcover
    Land cover: the classes of a raster by area, exactly, and by squares for displaced lines.
landcover_shares
    A class of land cover on any land of a side, or on land that came to a side, with intervals.
landcover_tables
    Land cover by side, by zone, and by what changed hands: tables, and sentences to quote.
lengths
    Length of a line at a scale, and of one line against another, with what is not known.
lines
    Tables of lines: scales, sinuosity, how certain each part of a line is.
optional_tables
    The cuts across the data that a project asks for: who made them, when, and as which tables.
partitions
    Land, people and places of each part of a partition, by side and line.
people_behind
    People behind a stretch of a line, or on some land, by any source.
restricted_people
    People of restricted settlements in sums that give no settlement away, where a project asks.
scenarios
    What a scenario line would change, as a table.
sections
    What lies behind each section of a line, on either side: people, roads, ground, sight, rates.
settlements
    Settlements against lines: side and how sure it is, distance, zone, and what lies nearest.
spread
    A figure with its interval, and the interval over the displaced copies of a line.
visibility
    Tables of what lies in sight: people by zone and side, segments of corridors, the ground.
"""
