"""Roads as a graph, travel times, cost distance.

cost_distance
    Time on foot over terrain, where there are no roads to go by.
graph
    Roads joined to a graph: nodes where they meet, and the time that each edge takes.
joining
    Where roads meet: at nodes they share, at crossings on one level, at ends near another road.
project_roads
    The road network of a project: its corridors as a graph, its slopes, its checkpoints.
routing
    Ways through a road graph: how long they take, where a line bars them, what lets through.
tags
    What columns of roads say: which way they may be driven, and what they pass over or under.
"""
