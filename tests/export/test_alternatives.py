"""What a reader sees of a line that several sources draw: page, map, report, GeoPackage, QGIS."""

import json
import re
import zipfile

import pyogrio
import pytest
from factories.alternatives import write_case

from frontline.export.maps.furniture import list_legend_rows
from frontline.workflow.run import run

DRAWN = [("new", "osm", 8, 'source = "OpenStreetMap"\nerror_m = 300')]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    hidden = ("new", "secret", 6, 'source = "Nobody"\nsensitivity = "restricted"')
    path = write_case(folder, alternatives=[*DRAWN, hidden], error_m=500, draws=10)
    results, _ = run(path, out=folder / "out", public=True)
    return results, folder / "out"


def page_data(out):
    text = (out / "map.html").read_text(encoding="utf-8")
    found = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1])


def test_page_draws_the_line_of_each_source_and_gives_the_range(made):
    data = page_data(made[1])
    (drawn,) = data["alternatives"]
    assert drawn["line"] == "new"
    assert drawn["label"] == "The same line by Osm, position ± 300 m (95 %)"
    assert drawn["style"]["dash"]
    assert drawn["shape"]
    west = data["figures"]["new"]["West"]["15"]
    assert "1,000 to 1,500 between sources of the line" in west["people"]["settlements"][6]
    assert west["sources"] == "600 between sources of the line"
    # The slider has it at every step, and a line without alternatives has none.
    assert "between sources" in str(data["figures"]["new"]["West"]["7.5"]["people"])
    assert data["figures"]["old"]["West"]["15"].get("sources") is None


def test_map_names_the_source_in_its_legend(made):
    rows = [row.text for row in list_legend_rows(made[0], newest="new")]
    assert "The same line by Osm, position ± 300 m (95 %)" in rows
    other = [row.text for row in list_legend_rows(made[0], newest="old")]
    assert not any("same line" in text for text in other)


def test_report_gives_the_range_and_names_the_source(made):
    text = (made[1] / "report.html").read_text(encoding="utf-8")
    assert "1,000 to 1,500 between sources of the line" in text
    assert "1,500 with the line of Osm" in text


def test_geopackage_and_qgis_have_a_layer_of_the_sources(made):
    layer = pyogrio.read_dataframe(made[1] / "frontline.gpkg", layer="alternative_lines")
    assert layer[["line", "alternative", "label"]].to_numpy().tolist() == [["new", "osm", "Osm"]]
    zones = pyogrio.read_dataframe(made[1] / "frontline.gpkg", layer="zones")
    assert "population_settlements_alt_high" in zones.columns
    with zipfile.ZipFile(made[1] / "frontline.qgz") as archive:
        project = archive.read(archive.namelist()[0]).decode("utf-8")
    assert "alternative_lines_of_new" in project
    assert "alternative_lines_of_old" not in project


def test_restricted_source_is_told_nowhere(made):
    out = made[1]
    for name in ("map.html", "report.html", "manifest.json", "tables/alternatives.csv"):
        text = (out / name).read_text(encoding="utf-8")
        assert "Nobody" not in text
        assert "Secret" not in text
