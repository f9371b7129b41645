"""Commands as a user gives them, and what a user adds to a project between two of them."""

from frontline.cli.main import main


def add(project, text):
    project.write_text(project.read_text() + text)


def run_cli(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["frontline", *map(str, arguments)])
    return main()


LEDGER = """
[[reports]]
key = "r"
title = "Report"
date = 2020-01-01
[[claims]]
id = "A1"
report = "r"
statement = "75 % of the line lie above 950 m."
metric = "relief_along"
parameters = { line = "old", measure = "elevation", least_m = 950 }
stated = [{ value = 75, unit = "%" }]
"""
