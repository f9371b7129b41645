"""Viewsheds and lines of sight from points and from whole lines.

batches
    Blocks of posts along a line: each is counted by itself, and the counts are added.
core
    Line of sight over a grid of heights, exact: from many posts to every cell, and between pairs.
corridors
    Corridors cut into short pieces, and put together again by what is in sight.
exposure
    What lies in sight of a line: settlements, corridors, land, with what cannot be decided apart.
grid_counts
    Counts of posts on the cells of the elevation, and what share of a zone's land they see.
kernels/
    The compiled loops of sight: arrays in, arrays out, nothing else known.
observers
    A front cut into stretches that fit one metric grid each, and the posts along them.
probability
    How likely a place is in sight, given the error of the elevation and of the line's position.
targets
    Rays from many posts to many targets, added up by target: nothing is ever kept by post.
viewpoints
    What is seen from a named height: places, and the share of any land.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
