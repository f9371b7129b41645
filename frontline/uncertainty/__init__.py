"""Monte Carlo lines, samples, intervals.

displacement
    Move a line within its error: its pieces sway, stay joined, and slide along the area's edge.
intervals
    Correlated error, and the intervals that come of it.
outlines
    Outlines that are known within an error: what lies inside them in each of many draws.
sampling
    People as weighted points, and where those points lie when a line is displaced.
"""
