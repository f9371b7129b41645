"""Maps on paper: PNG and PDF.

canvas
    The paper of a map: its size, fonts, pens and plain style.
files
    Maps as files: PNG and PDF sheets of a run.
furniture
    What stands beside a map on paper: titles, legend, scale, sources, the foot.
layout
    Where things stand on a sheet of paper: its shape, the foot, the places of maps side by side.
sheets
    The sheets: what each map shows, and the chart of people against distance.
view
    A view of the map on paper: its projection, frame, graticule, scale, and places for names.
"""
