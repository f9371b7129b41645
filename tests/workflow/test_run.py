"""Whole runs on made-up projects: known numbers anywhere on earth, however the data are written."""

import json
import os
import subprocess
import sys
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import rasterio
import shapely
from factories.projects import EAST_KM, NORTH_KM, PLACES, Layout, line_at, made_project

import frontline
from frontline.errors import FrontlineError, ProjectError
from frontline.export.publish import verify
from frontline.export.writers import wants_profile
from frontline.project.loader import replace_parts
from frontline.workflow.run import run

NO_SIGHT = ""
HEIGHT_KM = 2 * NORTH_KM
AREA_KM2 = 2 * EAST_KM * HEIGHT_KM
SHIFT_KM = Layout.shift_km

ANYWHERE = {
    "in the middle of a continent": Layout(),
    "across the antimeridian": Layout(lon=180.0, lat=-17.0),
    "just east of the antimeridian": Layout(lon=-179.9, lat=66.0),
    "in polar latitudes": Layout(lon=25.0, lat=84.0),
    "on the equator": Layout(lon=0.0, lat=0.0),
    "in feet": Layout(lon=-105.0, lat=38.0, crs="EPSG:2232"),
    "in web mercator": Layout(lon=20.0, lat=60.0, crs="EPSG:3857"),
    "in forty pieces": Layout(pieces=40),
}


def computed(folder, layout=None, **options):
    project = frontline.load_project(made_project(folder, layout, elevation=False, **options))
    return frontline.compute(project)


@pytest.mark.parametrize("where", ANYWHERE)
def test_numbers_are_the_same_anywhere_on_earth(where, tmp_path):
    results = computed(tmp_path, ANYWHERE[where], draws=0, more=NO_SIGHT)
    sides = results.sides.set_index(["line", "side"])["area_km2"]
    # The box is laid out in an azimuthal plane, whose areas are true within 1e-5 so near.
    assert sides["old", "West"] == pytest.approx(AREA_KM2 / 2, rel=2e-4)
    assert sides["new", "East"] == pytest.approx((EAST_KM - SHIFT_KM) * HEIGHT_KM, rel=2e-4)
    land = results.changes.groupby(["from_side", "to_side"])["flow_km2"].max()
    assert land["East", "West"] == pytest.approx(SHIFT_KM * HEIGHT_KM, rel=5e-4)
    zones = results.zones[results.zones["kind"] == "cumulative"]
    zone = zones.set_index(["line", "side", "distance_m"])["area_km2"].sort_index()
    assert zone["old", "West", 5000] == pytest.approx(5 * HEIGHT_KM, rel=1e-3)
    assert zone["old", "East", 15000] == pytest.approx(15 * HEIGHT_KM, rel=1e-3)
    for _, place in results.settlements.iterrows():
        east = PLACES[place["name"]][0] - (SHIFT_KM if place["line"] == "new" else 0.0)
        assert place["distance_m"] == pytest.approx(abs(east) * 1000, rel=2e-3)
        assert place["side"] == ("West" if east < 0 else "East")
    assert shapely.is_valid(results.sides.geometry.to_numpy()).all()
    west, _, east_edge, _ = results.sides.total_bounds
    assert -180.0 <= west <= east_edge <= 180.0


def test_a_run_over_the_pole_writes_every_file(tmp_path):
    layout = Layout(lon=0.0, lat=90.0, crs="EPSG:3413")
    results, written = run(
        made_project(tmp_path, layout, elevation=False, draws=0), out=tmp_path / "out"
    )
    assert {"map.html", "map.png", "frontline.qgz", "report.html"} <= set(written)
    sides = results.sides.set_index(["line", "side"])["area_km2"]
    assert sides["old", "West"] == pytest.approx(AREA_KM2 / 2, rel=2e-4)
    assert results.settlements["side"].notna().all()


def test_people_in_a_zone_are_those_of_its_places(tmp_path):
    results = computed(tmp_path)
    residents = results.people[results.people["source"] == "settlements"]
    rows = residents[residents["kind"] == "cumulative"]
    for _, row in rows.iterrows():
        shift = SHIFT_KM if row["line"] == "new" else 0.0
        inside = [
            people
            for east, _, people in PLACES.values()
            if (east < shift) == (row["side"] == "West")
            and abs(east - shift) * 1000 <= row["distance_m"]
        ]
        assert row["population"] == sum(inside)
        assert row["settlements"] == len(inside)


def test_half_kilometres_are_drawn_only_for_what_shows_them(tmp_path):
    project = frontline.load_project(made_project(tmp_path, elevation=False))
    assert wants_profile(project, command="run")
    assert not wants_profile(project, command="claims")
    tables = replace_parts(project, outputs={"write": []})
    assert not wants_profile(tables, command="run")
    assert wants_profile(tables, command="report")
    assert (
        frontline.compute(replace_parts(tables, uncertainty={"draws": 0}), profile=False).profile
        is None
    )


def test_parts_add_up_to_the_whole(tmp_path):
    results = computed(tmp_path)
    total = results.study_area["area_km2"].iloc[0]
    assert results.sides.groupby("line")["area_km2"].sum().to_numpy() == pytest.approx(total)
    assert results.changes["area_km2"].sum() == pytest.approx(total)
    people = results.people.set_index(["line", "side", "source", "kind", "distance_m"]).sort_index()
    for key in people.index.droplevel(["kind", "distance_m"]).unique():
        rings = people.loc[(*key, "ring")]
        widest = people.loc[(*key, "cumulative", 15000.0)]
        assert rings["population"].sum() == pytest.approx(widest["population"])
        assert rings["area_km2"].sum() == pytest.approx(widest["area_km2"])
    road = results.corridor_km[results.corridor_km["distance_m"].isna()]
    lengths = road.groupby(["id", "line"])["km"].sum().unstack()
    expected = results.corridors.set_index("id")["length_km"]
    assert np.allclose(lengths.to_numpy(), expected.loc[lengths.index].to_numpy()[:, None])


def test_intervals_hold_the_figure_s_epsilon_band(tmp_path):
    people = computed(tmp_path, draws=50).people
    rows = people[people["source"].isin(["settlements", "districts"])]
    assert (rows["population_low"] <= rows["population_high"]).all()
    assert (rows["population_inner"] <= rows["population"] + 1e-6).all()
    assert (rows["population"] <= rows["population_outer"] + 1e-6).all()


@pytest.mark.slow
def test_order_pieces_and_copies_of_the_input_do_not_matter(tmp_path):
    plain = computed(made(tmp_path / "plain"), draws=5)
    turned = made(tmp_path / "turned")
    project = made_project(turned, elevation=False, draws=5, more=NO_SIGHT)
    gpkg = turned / "layers.gpkg"
    layout = Layout()
    lines = line_at(0.0, 7)[::-1] + line_at(0.0, 1)
    lines = [shapely.reverse(line) if i % 2 else line for i, line in enumerate(lines)]
    frame = gpd.GeoDataFrame(geometry=layout.placed(lines), crs=layout.crs)
    pyogrio.write_dataframe(frame, gpkg, layer="old")
    places = pyogrio.read_dataframe(gpkg, layer="places")
    pyogrio.write_dataframe(places.iloc[::-1], gpkg, layer="places")
    other = frontline.compute(frontline.load_project(project))
    columns = ["area_km2", "population", "settlements"]
    assert plain.people[columns].to_numpy(float) == pytest.approx(
        other.people[columns].to_numpy(float), rel=1e-9, nan_ok=True
    )
    both = [
        run_.settlements.sort_values(["id", "line"])[["id", "line", "side", "distance_m"]]
        for run_ in (plain, other)
    ]
    assert both[0][["id", "line", "side"]].equals(
        both[1][["id", "line", "side"]].set_axis(both[0].index)
    )
    assert both[0]["distance_m"].to_numpy() == pytest.approx(both[1]["distance_m"].to_numpy())


def made(folder):
    folder.mkdir()
    return folder


def test_swapping_old_and_new_swaps_the_flows(tmp_path):
    ahead = computed(made(tmp_path / "a"), draws=0)
    path = made_project(made(tmp_path / "b"), elevation=False, draws=0, more=NO_SIGHT)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("2001-01-01", "X")
        .replace("2011-01-01", "2001-01-01")
        .replace("X", "2011-01-01"),
        encoding="utf-8",
    )
    back = frontline.compute(frontline.load_project(path))
    one = ahead.changes.set_index(["from_side", "to_side", "kind"])["area_km2"]
    other = back.changes.set_index(["to_side", "from_side", "kind"])["area_km2"]
    for key, area in one.items():
        assert other[key] == pytest.approx(area)


def test_three_sides(tmp_path):
    path = made_project(tmp_path, elevation=False, draws=0, more=NO_SIGHT)
    layout = Layout()
    both = gpd.GeoDataFrame(geometry=layout.placed([*line_at(-5.0), *line_at(5.0)]), crs=layout.crs)
    pyogrio.write_dataframe(both, tmp_path / "layers.gpkg", layer="old")
    pyogrio.write_dataframe(both, tmp_path / "layers.gpkg", layer="new")
    seed = f'[[sides]]\nname = "Between"\nseed = {layout.seed(0, 0)}\n'
    path.write_text(path.read_text(encoding="utf-8") + seed, encoding="utf-8")
    sides = frontline.compute(frontline.load_project(path)).sides
    areas = sides[sides["line"] == "old"].set_index("side")["area_km2"]
    assert areas["Between"] == pytest.approx(10 * HEIGHT_KM, rel=2e-4)
    assert areas["West"] == pytest.approx((EAST_KM - 5) * HEIGHT_KM, rel=2e-4)
    assert areas.sum() == pytest.approx(AREA_KM2, rel=2e-4)


def test_states_as_polygons_are_the_same_as_their_common_edge(tmp_path):
    by_line = computed(made(tmp_path / "line"), draws=0)
    path = made_project(made(tmp_path / "state"), elevation=False, draws=0, more=NO_SIGHT)
    layout = Layout()
    halves = [shapely.box(-30, -20, 0, 20), shapely.box(0, -20, 30, 20)]
    frame = gpd.GeoDataFrame(
        {"held_by": ["West", "East"]}, geometry=layout.placed(halves), crs=layout.crs
    )
    pyogrio.write_dataframe(frame, path.parent / "layers.gpkg", layer="old")
    text = path.read_text(encoding="utf-8")
    text = text.replace('layer = "old"\n', 'layer = "old"\nside_column = "held_by"\n')
    path.write_text(text, encoding="utf-8")
    by_state = frontline.compute(frontline.load_project(path))
    for name in ("sides", "zones"):
        one, other = getattr(by_line, name), getattr(by_state, name)
        assert one["area_km2"].to_numpy() == pytest.approx(other["area_km2"].to_numpy(), rel=1e-4)


def test_elevation_in_degrees_gives_the_sight_of_elevation_in_metres(tmp_path):
    from factories.projects import write_elevation

    path = made_project(tmp_path, draws=0)
    metric = frontline.compute(frontline.load_project(path))
    write_elevation(tmp_path / "dem.tif", Layout(), crs="EPSG:4326")
    degrees = frontline.compute(frontline.load_project(path))
    one, other = metric.settlements, degrees.settlements
    assert (one["in_sight"] == other["in_sight"]).mean() >= 0.8
    radius = one["line_within_radius_km"].to_numpy(float)
    assert radius == pytest.approx(
        other["line_within_radius_km"].to_numpy(float), rel=0.02, abs=0.5
    )
    share = metric.sight_zones["visible_share"].to_numpy()
    assert share == pytest.approx(degrees.sight_zones["visible_share"].to_numpy(), abs=0.05)


def test_terrain_that_is_unknown_is_never_hidden(tmp_path):
    path = made_project(tmp_path, draws=0)
    with rasterio.open(tmp_path / "dem.tif", "r+") as dem:
        heights = dem.read(1)
        heights[:, int(heights.shape[1] * 0.62) :] = (
            np.nan
        )  # east of the old line, about 11 km from it
        dem.write(heights, 1)
    results = frontline.compute(frontline.load_project(path))
    places = results.settlements.set_index(["name", "line"])["in_sight"]
    assert places["Far East", "new"] == "unknown"
    shares = results.sight_zones.set_index(["line", "side", "distance_m"])[
        "unknown_share"
    ].sort_index()
    assert shares["old", "East", 15000.0] > shares["old", "West", 15000.0] == 0.0


@pytest.mark.slow
def test_files_are_the_same_bytes_wherever_and_whenever(tmp_path):
    made_project(made(tmp_path / "project"), draws=5)
    hashes = []
    settings = [
        {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "NUMBA_NUM_THREADS": "1"},
    ]
    for number, environment in enumerate(settings):
        out, workers = tmp_path / f"out{number}", str(1 + 2 * number)
        command = [sys.executable, "-m", "frontline", "run", "project/project.toml", "-q", "--pdf"]
        done = subprocess.run(
            [*command, "--out", str(out), "--workers", workers],
            env=os.environ | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert verify(out) == []
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        hashes.append({name: facts["sha256"] for name, facts in manifest["outputs"].items()})
        files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        assert files == {*hashes[-1], "manifest.json"}
    assert hashes[0] == hashes[1]
    assert (tmp_path / "out0/manifest.json").read_bytes() == (
        tmp_path / "out1/manifest.json"
    ).read_bytes()


def contents(file):
    """Bytes of a file; of an archive, those of what is in it."""
    if file.suffix not in {".xlsx", ".qgz"}:
        return file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_nothing_of_a_restricted_layer_is_in_a_public_run(tmp_path):
    path = made_project(tmp_path, draws=5)
    text = path.read_text(encoding="utf-8")
    hidden = (
        'layer = "places", sensitivity = "restricted", source = "Whispered", licence = "None" }'
    )
    path.write_text(text.replace('layer = "places" }', hidden), encoding="utf-8")
    out = tmp_path / "out"
    run(path, out=out, public=True)
    point = Layout().placed([shapely.Point(*PLACES["Mid East"][:2])])[0]
    secrets = [name.encode() for name in (*PLACES, "Whispered")]
    # Metres: the profile of the line, which is public, passes the same latitude to ten of them.
    secrets += [str(value)[:8].encode() for value in (point.x, point.y)]
    for file in out.rglob("*"):
        if file.is_file() and file.suffix not in {".png", ".tif"}:
            data = contents(file)
            for secret in secrets:
                assert secret not in data, (file.name, secret)
    people = pd.read_csv(out / "tables/zones.csv")
    assert not people["source"].fillna("").str.startswith("settlements").any()


def test_a_restricted_line_cannot_be_made_public(tmp_path):
    path = made_project(tmp_path, elevation=False, draws=0, more=NO_SIGHT)
    text = path.read_text(encoding="utf-8")
    text = text.replace('layer = "old"\n', 'layer = "old"\nsensitivity = "restricted"\n')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match="old is restricted"):
        run(path, out=tmp_path / "out", public=True)
    assert not (tmp_path / "out").exists()


def test_a_project_of_only_lines_runs(tmp_path):
    path = made_project(tmp_path, elevation=False, draws=0, more=NO_SIGHT)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    optional = ("settlements =", "corridors =", "districts =")
    path.write_text("".join(x for x in lines if not x.startswith(optional)), encoding="utf-8")
    results, files = run(path, out=tmp_path / "out")
    assert len(results.settlements) == 0
    assert "map.html" in files
    assert verify(tmp_path / "out") == []


def test_a_fault_leaves_earlier_results_as_they_were(tmp_path):
    path = made_project(tmp_path, elevation=False, draws=0, more=NO_SIGHT)
    run(path, out=tmp_path / "out")
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    (tmp_path / "layers.gpkg").write_bytes(b"")
    with pytest.raises(FrontlineError, match=r"layers\.gpkg"):
        run(path, out=tmp_path / "out")
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before


def test_random_points_lie_on_the_right_side_of_every_zone_s_edge(tmp_path):
    results = computed(tmp_path, draws=0, more=NO_SIGHT)
    rng = np.random.default_rng(5)
    layout = Layout()
    east = rng.uniform(-EAST_KM + 0.1, EAST_KM - 0.1, 400)
    north = rng.uniform(-NORTH_KM + 0.1, NORTH_KM - 0.1, 400)
    points = layout.placed(list(shapely.points(east, north)))
    line = results.lines.set_index("line").geometry["old"]
    geod = pyproj.Geod(ellps="WGS84")
    dense = shapely.get_coordinates(shapely.segmentize(line, 0.0005))
    zones = results.zones[
        (results.zones["line"] == "old") & (results.zones["kind"] == "cumulative")
    ]
    for point in points:
        _, _, metres = geod.inv(
            np.full(len(dense), point.x), np.full(len(dense), point.y), dense[:, 0], dense[:, 1]
        )
        for _, zone in zones.iterrows():
            if abs(metres.min() - zone["distance_m"]) > 0.001 * zone["distance_m"] + 25:
                inside = shapely.contains(zone.geometry, point)
                on_side = (point.x < 20.0) == (zone["side"] == "West")
                assert inside == (metres.min() < zone["distance_m"] and on_side)


def test_a_raster_too_large_for_memory_gives_the_same_sight(tmp_path, monkeypatch):
    project = frontline.load_project(made_project(tmp_path, draws=0))
    whole = frontline.compute(project)
    monkeypatch.setattr("frontline.raster.io.MOST_CELLS", 70_000)
    survey = frontline.compute(project)
    assert any("one cell of every 3 x 3" in note.text for note in survey.notes)
    assert set(whole.settlements["in_sight"]) > {"visible", "hidden"}
    assert survey.settlements.drop(columns="geometry").equals(
        whole.settlements.drop(columns="geometry")
    )
    for key, raster in whole.sight.items():
        coarse = survey.sight[key]
        a, _, c, _, e, f = raster.transform
        rows, cols = coarse.bands["seen"].shape
        col = ((coarse.transform[2] - c) / a + 3 * np.arange(cols) + 1).round().astype(int)
        row = ((coarse.transform[5] - f) / e + 3 * np.arange(rows) + 1).round().astype(int)
        row, col = row[row < len(raster.bands["seen"])], col[col < raster.bands["seen"].shape[1]]
        for band in ("seen", "unknown"):
            picked = raster.bands[band][np.ix_(row, col)]
            assert (coarse.bands[band][: len(row), : len(col)] == picked).all()
    one, other = (found.sight_zones["visible_share"].to_numpy() for found in (whole, survey))
    assert one == pytest.approx(other, abs=0.02)
