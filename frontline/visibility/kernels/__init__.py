"""The compiled loops of sight: arrays in, arrays out, nothing else known.

bounds
    Bounds that decide cells without a ray: bands of slopes, and maxima of squares of cells.
cumulative
    Observers counted over a window: visible and undecided cells, near and far.
envelope
    The exact viewshed of one observer: the upper envelope of all terrain, row by row.
pairs
    Many exact rays quickly: stretches of a ray that cannot hold its smallest clearance are skipped.
rays
    Exact rays over a grid of heights: the arithmetic that defines sight, one ray at a time.
"""
