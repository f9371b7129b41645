"""The report: a document for readers, from the results alone.

brief
    The brief that opens the report: the message, one map, one table, three limits.
charts
    Charts as small drawings (SVG) that stand in a page: lines, dots with boxes, bars.
land_cover
    The report's chapter on land cover: what the land of each side is, and what changed hands.
findings
    The report's figures: land and people by side and distance, and how far settlements lie.
further
    The report's chapter on further cuts across the data: parts of the land, scenarios, links.
outcomes
    The report's account of sight, of land and settlements that changed hands, and of corridors.
pdf
    The report on paper: report.pdf by WeasyPrint or Chromium, where one of them is installed.
quality
    The report's account of its sources: who made them, how fine and how good they are.
report
    The report: one HTML file to read, print and quote from, without a script or a network.
shared
    What the chapters share: sides with their colours, lines with their dates, rounded figures.
verdicts
    The report's pages on statements: which verdict, what is stated, what the data give, and why.
"""
