"""What each command does: run, check, init, pack, compare.

check
    Check a project before a run: a survey of its layers, rasters, claims.
compare
    Two runs against each other: which figures differ, and what may have made them differ.
estimate
    How long a run will take on this machine, and what makes it long: a small calibrated model.
on_demand
    A case whose parts are computed when they are first asked for: to try a claim in seconds.
pack
    One archive of all inputs, for another analyst: unpacked anywhere, it gives the same figures.
recognition
    What names of files and columns say: dates in any order, codes, names, people, holders, HXL.
run
    The order of things: from a project to results, and from results to files.
scaffold
    The first steps with a project: guesses from a folder of layers, a project file to begin with.
stages
    The long stages of a run: each is taken from an earlier run where all that it uses is the same.
"""
