"""Languages of names: told by columns, never guessed from Latin letters."""

import dataclasses

import pytest
from factories.example_results import example_results

from frontline.export.web.data import collect_page_data
from frontline.results.words import find_column_language, find_further_names, find_name_languages


@pytest.mark.parametrize(
    ("column", "language"),
    [
        ("name_ru", "ru"),
        ("name:uk", "uk"),
        ("name_sr-Cyrl", "sr-Cyrl"),
        ("name_alt_ka", "ka"),
        ("label.de", "de"),
        ("name", ""),
        ("name_alt", ""),
        ("name_id", ""),  # an identifier, not Indonesian
        ("name_qq", ""),
        ("name_RU", ""),
        ("my_name_ru", ""),
        ("population_ru", ""),
    ],
)
def test_the_language_of_a_column(column, language):
    assert find_column_language(column) == language


def test_our_columns_take_the_language_of_the_files_columns():
    assert find_name_languages({"name": "name_ka", "name_alt": "title"}) == {"name": "ka"}
    assert find_further_names(["id", "name", "name_ru", "name_hy"]) == {
        "name_ru": "ru",
        "name_hy": "hy",
    }


def test_the_page_is_told_the_languages_and_the_further_names():
    results = example_results(hostile=False)
    project = results.project
    columns = {"name": "name_ka", "population": "people"}
    places = project.settlements.model_copy(update={"columns": columns})
    table = results.settlements.assign(name_ru="", name_hy="")
    table.loc[table["id"] == "P1", "name_ru"] = "Северный"
    data = collect_page_data(
        dataclasses.replace(
            results, project=project.model_copy(update={"settlements": places}), settlements=table
        ),
        inputs_hash="0" * 12,
    )
    assert data["languages"]["settlements"] == {"name": "ka"}
    assert data["languages"]["districts"] == {}
    assert [place["names"] for place in data["settlements"]] == [[["ru", "Северный"]], *[[]] * 5]
