"""Statements of a report, measured and given a verdict; asks, never computes.

ledger
    The ledger of claims: what a report states, and which metric answers to it.
lookup
    What a claim names, found in the case: lines, places, land, roads.
measurement
    What a metric measures: value, interval, unit, and why there may be none.
metric
    A metric: a function with typed parameters that answers to statements.
metrics/
    Metrics of the ledger: what a statement can be about, by subject.
registry
    The metrics that a ledger of claims may name, with their parameters.
tolerances
    What the words of a statement allow: one table of tolerances and of figures that words mean.
verdict
    Statements of a report put to the computed figures, each with a verdict and its reason.
widths
    Cities given as points: a city is wider than a statement about kilometres can be.
"""
