"""Front lines: sides, buffer zones, sections, scenarios, measures.

alternatives
    Alternatives of a line: the same front at the same date, as other sources draw it.
front
    Front lines: a line that cuts the study area into sides, or the edge of given states.
measures
    Measures of lines: length by scale, sinuosity, and how far two lines lie apart.
scenarios
    Scenario lines: a line offset to one side, or with parts of another.
sections
    Named stretches of a line: between two places, or within parts of a partition.
states
    Land given as polygons of sides: their front, grey zones between them, small pieces.
zones
    Land by side and distance: the sides of a line, its zones, and how sure their areas are.
"""
