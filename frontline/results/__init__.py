"""What a run yields: tables, the words for them, what of them may be public.

key_figures
    Key figures: sentences that can be quoted, with interval and caveat.
model
    The results of a run: one frozen value that tables, map and files are made from.
numbers
    Figures as people read them: rounded by their intervals, alike on page, report and sheets.
phrases
    Phrases that several products share: dates, lists, and sources of people inside a sentence.
population_phrases
    What stands beside a number of people: of when it is, who may have left, what it lacks.
redaction
    Restricted layers: what of them may stand in a file that everybody reads.
registry
    Every column of every table: name, type, unit, words. Files and documents draw on it.
style
    One table of colours, line styles and symbols, for page, static maps and GeoPackage alike.
summary
    The summary of a run: land and people by side, first line against last, and what limits them.
tables
    Results as tidy tables, and the text files made of them.
wording
    Words for figures and where they come from, shared by page, report and maps.
words
    Names of columns, layers and values in plain words, and names of languages.
"""
