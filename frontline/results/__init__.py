"""What a run yields: tables, the words for them, what of them may be public.

alternatives
    The range of every figure between the sources that draw a line, and which gives what.
explore
    A map to look at in a notebook and to add to: the results as layers of a `folium.Map`.
key_figures
    Key figures: sentences that can be quoted, with interval and caveat.
model
    The results of a run: one frozen value that tables, map and files are made from.
numbers
    Figures as people read them: rounded by their intervals, alike on page, report and sheets.
population_phrases
    What stands beside a number of people: of when it is, who may have left, what it lacks.
redaction
    Restricted layers: they take no part in what everybody reads.
registry
    The tables and layers of a run: what each module declares, in the order of the files.
style
    One table of colours, line styles and symbols, for page, static maps and GeoPackage alike.
summary
    The summary of a run: land and people by side, first line against last, and what limits them.
tables
    Results as tidy tables, and the text files made of them.
wording
    Words for figures, dates and sources, shared by page, report and maps; text made harmless.
words
    Names of columns, layers and values in plain words, and names of languages.
"""
