"""Monte Carlo lines, samples, intervals.

copies
    Points against every displaced copy of a line: their side and distance, without polygons.
displacement
    Move a line within its error: its pieces sway, stay joined, and slide along the area's edge.
intervals
    Correlated error, the intervals that come of it, and figures rounded by their interval.
kernels
    Compiled loops: how far points lie from a line, and what a line that moves sweeps over.
noise
    Error along a line: the same where two lines coincide, and told apart from true bends.
outlines
    Outlines that are known within an error: what lies inside them in each of many draws.
sampling
    People as weighted points, and where those points lie when a line is displaced.
"""
