"""What a run yields: tables, the words for them, what of them may be public.

key_figures
    Key figures: sentences that can be quoted, with interval and caveat.
model
    The results of a run: one frozen value that tables, map and files are made from.
phrases
    The words and sentences of the report, apart from `words` so that the page stays small.
redaction
    Restricted layers: they take no part in what everybody reads.
registry
    The tables and layers of a run: what each module declares, in the order of the files.
style
    One table of colours, line styles and symbols, for page, static maps and GeoPackage alike.
tables
    Results as tidy tables, and the text files made of them.
wording
    Words for figures and where they come from, shared by page, report and maps.
words
    Names of columns, layers and values in plain words, and names of languages.
"""
