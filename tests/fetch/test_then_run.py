"""From a line and a network to results: everything fetched from the local server, then run."""

import csv
import json

import pytest
from factories.commands import LEDGER, add, run_cli
from factories.projects import made_project
from factories.providers import (
    NAMES,
    TOWNS,
    WHOLE,
    shapes,
    stock_boundaries,
    stock_geofabrik,
    stock_geonames,
)
from factories.tiles import coarse, stock
from factories.worldpop import two_countries as stock_people


@pytest.fixture
def project(tmp_path):
    """Nothing but a study area, two lines and countries."""
    folder = tmp_path / "project"
    folder.mkdir()
    path = made_project(folder, elevation=False, draws=0, more='[outputs]\nwrite = ["page"]\n')
    dropped = ("settlements", "corridors", "districts")
    kept = [line for line in path.read_text().splitlines() if not line.startswith(dropped)]
    path.write_text("\n".join(kept) + "\n")
    return path


def stock_all(server, folder):
    """Every provider has what it should, but for one tile of the best elevation."""
    stock(server, folder, [(44, 19), (44, 20), (45, 19)])
    coarse(server, folder)
    stock_people(server, folder, people=(8.0, 9.0))
    stock_geonames(server, TOWNS, NAMES)
    stock_geofabrik(server, WHOLE, codes={"ruritania": ["RU", "SY"]})
    stock_boundaries(server, "RUR", shapes("RUR", [(19, 44, 20, 46)]))
    stock_boundaries(server, "SYL", shapes("SYL", [(20, 44, 21, 46)]))


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_from_a_line_and_a_network_to_claims(server, project, tmp_path, monkeypatch, capsys):
    stock_all(server, tmp_path)
    # two countries of the made rasters are called AAA and BBB
    for path in list(server.pages):
        for made, real in (("AAA", "RUR"), ("BBB", "SYL")):
            if f"/{made}/" in path:
                new = path.replace(made, real).replace(made.lower(), real.lower())
                server.pages[new] = server.pages[path]
    where = ["--mirror", server.address, "--cache", tmp_path / "cache", "-q"]

    def fetch(what, *more):
        return run_cli(monkeypatch, "fetch", what, project, *where, *more)

    assert fetch("places") == 2  # nobody has said of which countries: they are proposed
    assert '"RUR", "SYL"' in capsys.readouterr().err
    add(project, '[fetch]\ncountries = ["RUR", "SYL"]\n')
    assert fetch("elevation") == 2  # a hole on land stops it
    assert "N45E020" in capsys.readouterr().err
    assert fetch("elevation", "--fallback") == 0
    for what in ("places", "roads", "boundaries"):
        assert fetch(what) == 0
    assert fetch("population", "--year", "2015") == 0

    out = tmp_path / "out"
    assert run_cli(monkeypatch, "run", project, "--out", out, "-q") == 0
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    fetched = {name for name in manifest["inputs"] if name.startswith("fetched/")}
    assert fetched == {
        "fetched/boundaries.gpkg",
        "fetched/elevation.tif",
        "fetched/places.gpkg",
        "fetched/population_worldpop_constrained_2015.tif",
        "fetched/roads.gpkg",
    }
    sources = {tile["source"] for tile in manifest["elevation"]["tiles"]}
    assert sources == {"glo30", "glo90"}
    people = {row["source"] for row in rows(out / "tables/zones.csv")}
    assert people >= {"settlements", "raster:worldpop_constrained_2015"}
    page = next(out.glob("*.html")).read_text(encoding="utf-8")
    for owed in ("OpenStreetMap contributors", "GeoNames", "WorldPop", "Airbus", "Office of RUR"):
        assert owed in page, owed

    (project.parent / "claims.toml").write_text(LEDGER, encoding="utf-8")
    assert run_cli(monkeypatch, "claims", project, "--out", tmp_path / "claims", "-q") == 0
    (claim,) = rows(tmp_path / "claims/tables/claims.csv")
    assert claim["verdict"] == "supported"
