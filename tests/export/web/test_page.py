"""The page as a file: what it carries, that it asks nobody for anything, that text stays text."""

import base64
import dataclasses
import hashlib
import html
import io
import json
import re
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.example_results import HOSTILE, bare_results, example_results, moved
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frontline.export.html import dump_inert_json
from frontline.export.web.data import collect_page_data
from frontline.export.web.overlays import (
    choose_class_bounds,
    classify_exposure,
    make_exposure_overlay,
    make_shade_overlay,
    to_mercator,
    write_indexed_png,
)
from frontline.export.web.page import render_page, write_page
from frontline.records import RasterResult
from frontline.results.wording import add_validity, escape_text

HASH = "0123456789ab" * 5
FIJI = "+proj=laea +lat_0=-17 +lon_0=180 +datum=WGS84 +units=m"


def page_of(results):
    return render_page(results, inputs_hash=HASH)


def data_of(page):
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def scripts_of(page):
    return re.findall(r"<script>(.*?)</script>", page, re.DOTALL)


def coordinates(part):
    """Turn the page's differences back into longitude and latitude."""
    return np.cumsum(np.array(part).reshape(-1, 2), axis=0) / 1e5


@given(st.text())
def test_text_keeps_no_character_that_means_something(text):
    inert = escape_text(text)
    assert html.unescape(inert) == html.unescape(escape_text(html.unescape(inert)))
    assert not set("<>\"'`{}$%\\&") & set(re.sub(r"&#\d+;", "", inert))
    assert not re.search("[\u2028\u2029\u202e\u200f]", inert)


@pytest.mark.parametrize("text", [*HOSTILE, "Ստեփանակերտ", "Ağdam", "Слов'янськ"])
def test_a_reader_sees_the_text_as_it_was_given(text):
    assert html.unescape(escape_text(text)) == text


@given(st.recursive(st.text() | st.integers() | st.none(), lambda x: st.lists(x, max_size=3)))
def test_json_in_the_page_is_inert_and_whole(value):
    text = dump_inert_json(value)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == value


def test_a_lone_surrogate_does_not_stop_the_page():
    assert json.loads(dump_inert_json("a\udc80b")) == "a\ufffd\ufffd\ufffdb"


def test_no_number_of_the_page_is_infinite():
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_inert_json(float("nan"))


def test_the_same_results_give_the_same_bytes(tmp_path):
    for name in ("one.html", "two.html"):
        write_page(example_results(), tmp_path / name, inputs_hash=HASH)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert b"\r" not in (tmp_path / "one.html").read_bytes()


def test_the_page_asks_nobody_for_anything():
    page = page_of(example_results())
    outside = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)=[\"']?(?!data:,|#)[^\"' >]+", outside)
    assert not re.findall(r"url\((?!data:|#)[^)]*\)", outside)
    assert not re.findall(r"@import", outside)
    assert not re.search(r"jquery|bootstrap|cdn\.|unpkg", page, re.IGNORECASE)
    assert "sourceMappingURL" not in page
    assert len(page.encode()) < 5_000_000


def test_only_the_scripts_of_the_page_may_run():
    page = page_of(example_results())
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts_of(page)]
    assert allowed == {base64.b64encode(digest).decode() for digest in digests}
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.split("script-src")[1].split(";")[0]


def test_data_never_enters_a_script_or_a_template():
    page = page_of(example_results())
    plain = page_of(example_results(hostile=False))
    assert scripts_of(page) == scripts_of(plain)
    without_data = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    markup = re.sub(r"<script>.*?</script>", "", without_data, flags=re.DOTALL)
    markup = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    assert "1337" not in page  # 7 * 191
    for trap in ("{{", "{%", "${", "<img", "alert("):
        assert trap not in markup
    assert "<title>Two lines &#123;&#123; 7&#42;191" in page


def test_every_name_arrives_as_it_was_given():
    data = data_of(page_of(example_results()))
    assert [place["name"] for place in data["settlements"]] == list(HOSTILE)
    assert data["layers"][-2]["features"][0]["name"] == "=cmd|' /C calc'!A0"


def test_figures_are_those_of_the_tables():
    results = example_results()
    figures = collect_page_data(results, inputs_hash=HASH)["figures"]
    people = results.people[results.people["kind"] == "cumulative"]
    for row in people.itertuples():
        cell = figures[row.line][row.side][f"{row.distance_m / 1000:g}"]
        assert cell["area"] == pytest.approx(row.area_km2, abs=0.001)
        value = cell["people"][row.source][0]
        if pd.isna(row.population):
            assert value is None
        else:
            assert value == pytest.approx(row.population, abs=0.001)


def test_the_slider_takes_every_distance_that_the_run_has_and_the_tables_decide():
    results = example_results()
    people = results.people[results.people["kind"] == "cumulative"]
    steps = pd.concat(
        people.assign(distance_m=metres, population=metres) for metres in (500.0, 5000.0, 30_000.0)
    )
    zones = results.zones[results.zones["kind"] == "cumulative"].assign(distance_m=500.0)
    object.__setattr__(results, "profile", steps)
    object.__setattr__(results, "profile_zones", zones)
    data = collect_page_data(results, inputs_hash=HASH)
    cells = data["figures"]["line_a"]["Upper side"]
    assert list(map(float, cells)) == [0.5, 5, 10, 30]
    assert cells["30"]["people"]["settlements"][0] == 30_000
    assert cells["5"]["people"]["settlements"][0] != 5_000
    assert set(data["zones"]["line_a"]["Upper side"]) == {"0.5", "5", "10"}


def test_shapes_come_back_within_a_step():
    results = example_results()
    data = collect_page_data(results, inputs_hash=HASH)
    part = data["lines"][0]["shape"][0][0]
    given_line = results.lines.geometry.iloc[0]
    assert coordinates(part) == pytest.approx(np.array(given_line.coords), abs=1e-5)
    rings = data["held"]["line_a"]["Upper side"]["shape"][0]
    polygon = shapely.Polygon(coordinates(rings[0]))
    held = results.sides.geometry.iloc[0]
    assert shapely.area(polygon.symmetric_difference(held)) < 1e-3 * held.area


def test_a_long_line_is_simplified_until_the_page_is_small():
    results = example_results(hostile=False)
    x = np.linspace(46, 47, 100_000)
    wild = np.column_stack([x, 39.9 + 0.02 * np.sin(x * 9000)])
    held = shapely.Polygon([*wild, (47, 40.3), (46, 40.3)])
    lines = results.lines.set_geometry(
        gpd.GeoSeries([shapely.LineString(wild)] * 2, crs=results.lines.crs)
    )
    sides = results.sides.set_geometry(gpd.GeoSeries([held] * 4, crs=results.sides.crs))
    many = pd.concat(
        results.settlements.assign(id=results.settlements["id"] + f"-{copy}") for copy in range(840)
    )
    page = page_of(dataclasses.replace(results, lines=lines, sides=sides, settlements=many))
    assert len(data_of(page)["settlements"]) == 5040
    assert len(page.encode()) < 5_000_000


def test_across_the_antimeridian_everything_stays_together():
    data = collect_page_data(moved(example_results(), 133.5), inputs_hash=HASH)
    (south, west), (north, east) = data["bounds"]
    assert (west, east) == pytest.approx((179.5, 180.5))
    assert (south, north) == pytest.approx((39.5, 40.3))
    for line in data["lines"]:
        x = np.concatenate([coordinates(part[0])[:, 0] for part in line["shape"]])
        assert x.min() == pytest.approx(179.5, abs=1e-4)
        assert x.max() == pytest.approx(180.5, abs=1e-4)
    assert [place["at"][1] for place in data["settlements"]][3] == pytest.approx(180.2)


def test_a_figure_of_another_time_is_marked():
    results = example_results(hostile=False)
    until = results.settlements.assign(population_from="", population_until="2000")
    table = add_validity(until, project=results.project)
    assert table[table["line"] == "line_a"]["valid"].all()
    assert not table[table["line"] == "line_b"]["valid"].any()
    # Without columns of validity every figure holds.
    assert add_validity(results.settlements, project=results.project)["valid"].all()


def test_a_png_is_read_back():
    indices = np.arange(12, dtype=np.uint8).reshape(3, 4) % 5
    palette = np.array([(i * 10, i * 20, i * 30, 50 * i) for i in range(5)], dtype=np.uint8)
    picture = Image.open(io.BytesIO(write_indexed_png(indices, palette=palette)))
    assert picture.size == (4, 3)
    assert np.array_equal(np.array(picture.convert("RGBA")), palette[indices])
    assert write_indexed_png(indices, palette=palette) == write_indexed_png(
        indices.copy(), palette=palette.copy()
    )


def picture_of(overlay):
    raw = base64.b64decode(overlay.uri.split(",", 1)[1])
    return np.array(Image.open(io.BytesIO(raw)).convert("RGBA")), raw


def test_shading_is_clear_where_the_height_is_unknown():
    overlay = make_shade_overlay(example_results().relief)
    picture, raw = picture_of(overlay)
    assert overlay.bounds == ((39.5, 46.0), (40.3, 47.0))
    assert raw[12:16] == b"IHDR"
    assert struct.unpack(">I", raw[16:20])[0] == picture.shape[1]
    rows, cols = picture.shape[:2]
    row, col = int(6.5 / 80 * rows), int(6.5 / 100 * cols)
    assert picture[row, col, 3] == 0
    assert (picture[..., 3] > 0).mean() > 0.8


@pytest.mark.parametrize(("highest", "expected"), [(0, ()), (1, (1,)), (3, (1, 2, 3))])
def test_classes_of_small_counts(highest, expected):
    assert choose_class_bounds(highest) == expected


def test_classes_rise_to_the_highest_count():
    bounds = choose_class_bounds(243)
    assert bounds == (3, 9, 27, 81, 243)


def test_cells_keep_seen_unseen_and_undecided_apart():
    seen = np.array([[0, 0, 1, 3, 243]], dtype=np.uint16)
    unknown = np.array([[0, 2, 2, 0, 0]], dtype=np.uint16)
    grid = RasterResult({"seen": seen, "unknown": unknown}, (1, 0, 0, 0, -1, 1), "EPSG:4326")
    code, palette = classify_exposure(grid, all_lines=[grid])
    assert code.tolist() == [[0, 6, 1, 1, 5]]
    assert palette[0, 3] == 0
    assert len(palette) == 7
    assert make_exposure_overlay(grid, all_lines=[grid]).uri.startswith("data:image/png;base64,")


def test_rows_of_a_picture_are_even_in_mercator_not_in_degrees():
    rows = 300
    lat = 60 - (np.arange(rows) + 0.5) / rows * 30  # from 60 to 30 degrees north
    grid = RasterResult({}, (0.1, 0, 10, 0, -0.1, 60), "EPSG:4326")
    picture, ((south, west), (north, east)) = to_mercator(
        np.repeat(lat[:, None], 20, axis=1).astype(np.float32), grid=grid, finer=1.0
    )
    assert (south, west, north, east) == pytest.approx((30, 10, 60, 12))
    y = np.arcsinh(np.tan(np.radians(picture[:, 0])))
    steps = np.diff(y[2:-2])
    assert steps == pytest.approx(np.full_like(steps, steps.mean()), rel=0.02)
    middle = picture[rows // 2, 0]
    assert middle == pytest.approx(46.95, abs=0.1)  # not 45: Mercator stretches the north


def test_a_raster_across_the_antimeridian_is_one_picture():
    values = np.zeros((20, 40), dtype=np.float32)
    values[:, 30] = 1.0
    grid = RasterResult({}, (10_000, 0, -200_000, 0, -10_000, 100_000), FIJI)
    picture, ((_, west), (_, east)) = to_mercator(values, grid=grid, finer=2.0, smooth=False)
    assert 177 < west < 180 < east < 183
    assert np.isfinite(picture).mean() > 0.9
    col = np.median(np.where(picture == 1.0)[1])
    assert west + (col + 0.5) / picture.shape[1] * (east - west) == pytest.approx(180.99, abs=0.1)


def test_a_projected_raster_lies_where_it_belongs():
    values = np.zeros((40, 40), dtype=np.float32)
    values[10, 30] = 1.0
    grid = RasterResult({}, (1000, 0, 480_000, 0, -1000, 4_460_000), "EPSG:32638")
    picture, ((south, west), (north, east)) = to_mercator(
        values, grid=grid, finer=4.0, smooth=False
    )
    row, col = (np.mean(axis) for axis in np.where(picture == 1.0))
    lon = west + (col + 0.5) / picture.shape[1] * (east - west)
    top, bottom = (np.arcsinh(np.tan(np.radians(lat))) for lat in (north, south))
    y = top + (row + 0.5) / picture.shape[0] * (bottom - top)
    lat = np.degrees(np.arctan(np.sinh(y)))
    # the middle of the cell is 510,500 m east and 4,449,500 m north of zone 38
    assert (lon, lat) == pytest.approx((45.1238, 40.1955), abs=0.003)


def test_results_without_the_optional_parts_make_a_page():
    bare = bare_results()
    data = data_of(page_of(bare))
    assert data["settlements"] == []
    assert data["exposure"] is None
    assert data["figures"]["line_a"]["Upper side"]["5"]["people"] == {}
