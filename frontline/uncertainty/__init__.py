"""Monte Carlo lines, samples, intervals.

displacement
    Move a line within its error: its pieces sway, stay joined, and slide along the area's edge.
intervals
    Correlated error, the intervals that come of it, and figures rounded by their interval.
outlines
    Outlines that are known within an error: what lies inside them in each of many draws.
sampling
    People as weighted points, and where those points lie when a line is displaced.
"""
