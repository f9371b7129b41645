"""The project file: model, loader, messages, reference.

example
    The example case: where it lies, and a copy of it to change.
layers
    What each input layer may hold: geometry and columns, in one table.
loader
    Load and check a project file, list and hash its inputs, change a loaded project.
messages
    What is wrong with a project file, in the words of the person who wrote it.
models
    The project file: what an analyst asks, of which data, in one ``project.toml``.
reference
    Every key of the project file and every column of the layers, as Markdown.
series
    Lines of many dates in one entry of the project file: a folder of files, or a date column.
types
    Value types that the project file shares: dates, colours, distances, tile templates.
"""
