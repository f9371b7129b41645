"""The elevation model: heights, canopy, coverage, slope and relief.

canopy
    Trees on a model of the bare ground: how high they stand, and what rays must clear.
coverage
    How much of an area the elevation knows, and whether that is enough.
dem
    The elevation model: opened, checked, cut and resampled for sight, heights at points.
heights
    Heights read from a file by windows: in full where they fit, else every n-th cell as a survey.
terrain
    Slope, hillshade and local relief, and what the ground of a side or section is like.
units
    Units of heights: what a file says they are in, and what heights look like in a wrong one.
"""
