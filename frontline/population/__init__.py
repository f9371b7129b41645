"""Who lives on a piece of land, by source and date.

catchments
    The land around each settlement, from which a population raster's people are gathered.
completeness
    What share of a zone's people a list of settlements can contain, and by which reference.
extent
    How large a place is that is given as a point: a city's distance to a line is not one number.
figures
    Numbers of people as the settlements state them: of which kind, and valid at which date.
on_land
    People of listed settlements on any land: the one rule that every table and statement asks.
plausibility
    Figures of people against each other, before anything is computed from them.
rasters
    Population rasters against the list of settlements: who lives around which, and who near none.
sources
    Sources of people against one line: exact by side and ring, with the points that stand for it.
validity
    Which figures of people hold at the date of a line, and what is to be said of the others.
within
    People within distances of a line, by side and source, counted once for table and slider.
"""
