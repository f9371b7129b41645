"""The report: a document for readers, from the results alone.

charts
    Charts as small drawings (SVG) that stand in a page: lines, dots with boxes, bars.
cover_page
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
verdicts
    The report's pages on statements: what was stated, what was computed, which verdict, and why.
"""
