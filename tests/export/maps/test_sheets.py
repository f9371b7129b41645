"""Maps on paper: true scales, names apart, the same bytes, no text that is taken for a formula."""

import dataclasses
import gc
import io
import re
import tracemalloc
import warnings
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.example_results import HOSTILE, SIDES, example_results, moved
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyproj import Geod

from frontline.export.maps import sheets
from frontline.export.maps.files import draw_picture, write_map_pdf, write_map_png
from frontline.export.maps.furniture import (
    LegendRow,
    arrange_legend,
    list_chart_rows,
    list_exposure_rows,
    list_footer,
    list_legend_rows,
    write_title,
)
from frontline.export.maps.layout import lay_out_foot, place_panels
from frontline.export.maps.sheets import find_sheet_size, list_sheets
from frontline.export.maps.view import (
    choose_degree_step,
    choose_scale_bar,
    draw_up_graticule,
    find_bounds,
    find_north,
    make_view,
    place_labels,
    project_geometry,
    sample_raster,
    write_degrees,
)
from frontline.export.web.overlays import to_mercator
from frontline.records import RasterResult

GEOD = Geod(ellps="WGS84")
HASH = "0123456789ab"
AREA = (46.0, 39.5, 47.0, 40.3)


def picture(path):
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize("sheet", ["map", "pair", "exposure", "chart"])
def test_every_sheet_is_an_a4_page_with_something_on_it(tmp_path, sheet):
    write_map_png(example_results(), tmp_path / "m.png", inputs_hash=HASH, sheet=sheet)
    drawn = picture(tmp_path / "m.png")
    assert drawn.size == (2338, 1653)  # 297 x 210 mm at 200 dots per inch
    colours = np.array(drawn.convert("RGB").resize((234, 165)))
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) > 200


def with_map(results, **settings):
    changed = results.project.map.model_copy(update=settings)
    project = results.project.model_copy(update={"map": changed})
    return dataclasses.replace(results, project=project)


def test_a_tall_area_stands_upright_and_a_project_can_ask_for_it(tmp_path):
    results = example_results(hostile=False)
    assert find_sheet_size(results) == (297.0, 210.0)
    assert find_sheet_size(with_map(results, orientation="portrait")) == (210.0, 297.0)
    tall = (46.0, 39.0, 46.8, 41.0)
    assert find_sheet_size(with_map(results, extent=tall)) == (210.0, 297.0)
    flat = with_map(results, extent=tall, orientation="landscape")
    assert find_sheet_size(flat) == (297.0, 210.0)
    for sheet in ("map", "chart"):
        upright = with_map(results, orientation="portrait")
        write_map_png(upright, tmp_path / "m.png", inputs_hash=HASH, sheet=sheet)
        drawn = picture(tmp_path / "m.png")
        assert drawn.size == (1653, 2338)
        grey = np.array(drawn.convert("L"))
        assert (grey[:, :60] > 250).all()  # nothing runs off the page
        assert (grey[:, -40:] > 250).all()
        assert (grey[-25:] > 250).all()
        assert (grey[2100:2300] < 200).any()  # the foot


def test_pages_of_a_file_stand_the_same_way(tmp_path):
    results = dataclasses.replace(example_results(hostile=False), sight={}, relief=None)
    upright = with_map(results, orientation="portrait")
    write_map_pdf(upright, tmp_path / "m.pdf", inputs_hash=HASH)
    boxes = re.findall(rb"/MediaBox \[([^\]]*)\]", (tmp_path / "m.pdf").read_bytes())
    sizes = {tuple(round(float(part)) for part in box.split()) for box in boxes}
    assert len(boxes) == 3
    assert sizes == {(0, 0, 595, 842)}


def test_a_report_s_pictures_lie(tmp_path):
    upright = with_map(example_results(hostile=False), orientation="portrait")
    drawn = Image.open(io.BytesIO(draw_picture(upright, sheet="chart", inputs_hash=HASH)))
    assert drawn.size == (2338, 1653)


def test_a_sheet_that_is_drawn_is_not_drawn_again_for_the_report(tmp_path, monkeypatch):
    fresh, results = (example_results(hostile=False) for _ in range(2))
    alone = draw_picture(fresh, sheet="map", inputs_hash=HASH)
    write_map_png(results, tmp_path / "m.png", inputs_hash=HASH)
    drawn = []
    monkeypatch.setattr("frontline.export.maps.files.draw_sheet", lambda *_, **__: drawn.append(1))
    assert draw_picture(results, sheet="map", inputs_hash=HASH) == alone
    assert not drawn
    draw_picture(results, sheet="map", inputs_hash="another")
    assert drawn


@given(
    st.integers(1, 4),
    st.floats(100, 280),
    st.floats(80, 280),
    st.floats(0.3, 3),
)
def test_maps_side_by_side_share_the_room_and_overlap_nowhere(count, width, height, aspect):
    frames = place_panels(count, room=(10.0, 50.0, width, height), aspect=aspect)
    assert len(frames) == count
    assert len({frame[2:] for frame in frames}) == 1  # of one size
    boxes = [shapely.box(x - 6, y - 6, x + w, y + h + 9) for x, y, w, h in frames]
    room = shapely.box(10, 44, 10 + width, 50 + height + 9).buffer(1e-6)
    assert all(room.covers(box) for box in boxes)
    for number, box in enumerate(boxes):
        assert all(box.intersection(other).area < 1e-6 for other in boxes[:number])


def test_tall_areas_stand_beside_each_other_and_broad_ones_one_above_the_other():
    beside = place_panels(2, room=(10, 50, 270, 130), aspect=0.8)
    assert beside[0][1] == beside[1][1]
    above = place_panels(2, room=(10, 50, 180, 200), aspect=1.8)
    assert above[0][0] == above[1][0]
    assert above[0][1] > above[1][1]  # the older line on top


def test_a_long_foot_is_cut_and_keeps_the_disclaimer_and_the_hash():
    texts = [("What must be said.", 6.2), ("Sources: " + "a survey; " * 900, 5.2), (HASH, 5.2)]
    for page in ((297.0, 210.0), (210.0, 297.0)):
        foot = lay_out_foot(texts, page=page)
        assert foot.lines[0][0] == "What must be said."
        assert foot.lines[-2][0].endswith("…")
        assert foot.lines[-1][0] == HASH
        assert foot.top < 0.32 * page[1] + 4
        height = sum(size * 25.4 / 72 * 1.3 for _, size in foot.lines)
        assert foot.top - height > 2  # above the edge of the page
    assert lay_out_foot(texts[:1], page=(297.0, 210.0)).top == 21.0


def test_a_per_cent_sign_stays_with_its_number():
    row = LegendRow("line", "Line of contact November 2020 (2020-11-10), position ± 2,000 m (95 %)")
    for width in range(40, 100):
        ((_, lines),) = arrange_legend([row], width=width)[0]
        assert not any(line.startswith("%") for line in lines)


def test_a_figure_stated_for_one_distance_is_a_sign_and_not_a_curve():
    results = example_results(hostile=False)
    rows = list_chart_rows(results, names=["settlements", "stated:S1", "raster:grid", "stated:S2"])
    kinds = {name: row.kind for name, row in rows.items() if name.startswith("source")}
    assert kinds == {
        "source settlements": "line",
        "source raster:grid": "line",
        "source stated:S1": "sign",
        "source stated:S2": "sign",
    }
    assert rows["source stated:S1"].marker != rows["source stated:S2"].marker
    assert rows["source settlements"].line.dash != rows["source raster:grid"].line.dash


def test_the_names_in_a_pdf_are_text(tmp_path):
    results = example_results(hostile=False)
    results = dataclasses.replace(results, people=results.people.iloc[:0], sight={}, relief=None)
    bare = dataclasses.replace(
        results, settlements=results.settlements.iloc[:0], points=results.points.iloc[:0]
    )
    shown = {}
    for name, one in (("with", results), ("without", bare)):
        write_map_pdf(one, tmp_path / f"{name}.pdf", inputs_hash=HASH)
        data = (tmp_path / f"{name}.pdf").read_bytes()
        streams = re.findall(rb"stream\r?\n(.*?)endstream", data, flags=re.DOTALL)
        pages = [zlib.decompress(s) for s in streams if s[:1] == b"x"]
        shown[name] = sum(page.count(b"TJ") + page.count(b"Tj") for page in pages)
    assert shown["with"] >= shown["without"] + 10


def test_sheets_give_their_memory_back(tmp_path):
    results = example_results(hostile=False)
    write_map_png(results, tmp_path / "m.png", inputs_hash=HASH)
    gc.collect()
    gc.disable()  # what is left must not wait for the collector
    tracemalloc.start()
    try:
        write_map_png(results, tmp_path / "m.png", inputs_hash=HASH)
        held, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert held < 8e6  # a sheet has 15 MB of pixels
    assert highest < 160e6


def test_the_same_results_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_map_png(example_results(), tmp_path / f"{name}.png", inputs_hash=HASH)
        write_map_pdf(example_results(), tmp_path / f"{name}.pdf", inputs_hash=HASH)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_the_files_carry_no_date_and_no_program(tmp_path):
    write_map_png(example_results(), tmp_path / "m.png", inputs_hash=HASH)
    assert "Software" not in picture(tmp_path / "m.png").info
    write_map_pdf(example_results(), tmp_path / "m.pdf", inputs_hash=HASH)
    text = (tmp_path / "m.pdf").read_bytes()
    assert text.startswith(b"%PDF-")
    assert b"CreationDate" not in text
    assert len(re.findall(rb"/Type /Page\b", text)) == 4


def test_letters_that_the_font_lacks_do_not_stop_the_map(tmp_path):
    results = example_results(hostile=False)
    names = {f"P{i + 1}": name for i, name in enumerate([*HOSTILE[:4], "漢字 𐎀", "שלום $x^2$"])}
    places = results.settlements.assign(name=results.settlements["id"].map(names))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        changed = dataclasses.replace(results, settlements=places)
        write_map_png(changed, tmp_path / "m.png", inputs_hash=HASH)
    assert picture(tmp_path / "m.png").size[0] == 2338


def test_a_users_own_settings_of_matplotlib_do_not_matter(tmp_path):
    import matplotlib as mpl

    write_map_png(example_results(), tmp_path / "one.png", inputs_hash=HASH)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        write_map_png(example_results(), tmp_path / "two.png", inputs_hash=HASH)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_results_without_the_optional_parts_make_a_map(tmp_path):
    results = example_results(hostile=False)
    bare = dataclasses.replace(
        results,
        settlements=results.settlements.iloc[:0],
        people=results.people.iloc[:0],
        corridors=results.corridors.iloc[:0],
        points=results.points.iloc[:0],
        districts=results.districts.iloc[:0],
        partitions={},
        sight={},
        relief=None,
    )
    assert list_sheets(bare) == ["map", "pair"]
    write_map_pdf(bare, tmp_path / "m.pdf", inputs_hash=HASH)
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "m.pdf").read_bytes())) == 2


POLAR = {
    "a cap round the pole": ([shapely.box(-180, 88, 180, 90)], (-180, 88, 180, 90)),
    "a cap in halves": (
        [shapely.box(-180, 88, 0, 90), shapely.box(0, 88, 180, 90)],
        (-180, 88, 180, 90),
    ),
    "beyond the pole": (
        [shapely.box(-180, 88, -150, 89), shapely.box(100, 88, 180, 89)],
        (100, 88, -150, 89),
    ),
    "most of a turn, split at 180": (
        [shapely.box(-180, 88, 20, 89), shapely.box(100, 88, 180, 89)],
        (100, 88, 20, 89),
    ),
}


@pytest.mark.parametrize("name", POLAR)
def test_bounds_over_and_round_a_pole(name):
    shapes, bounds = POLAR[name]
    for order in (shapes, shapes[::-1]):
        table = gpd.GeoDataFrame(geometry=order, crs=4326)
        assert find_bounds(table) == bounds
        view = make_view(find_bounds(table), aspect=1.3)
        assert np.isfinite([*view.frame, view.lon, view.lat]).all()
        assert draw_up_graticule(view)


def test_a_map_across_the_antimeridian(tmp_path):
    results = moved(example_results(), 133.5)
    assert find_bounds(results.study_area) == pytest.approx((179.5, 39.5, -179.5, 40.3))
    write_map_png(results, tmp_path / "there.png", inputs_hash=HASH)
    write_map_png(
        dataclasses.replace(example_results(), partitions={}, sight={}, relief=None),
        tmp_path / "here.png",
        inputs_hash=HASH,
    )
    # all but the degrees at the edge of the map looks the same
    there, here = (np.array(picture(tmp_path / f"{n}.png").convert("L")) for n in ("there", "here"))
    inside = (slice(200, 1380), slice(140, 1650))
    assert (np.abs(there[inside].astype(int) - here[inside]) > 40).mean() < 0.03


@pytest.mark.parametrize(
    "bounds", [AREA, (20, 69, 24, 70.5), (-60, -5, -40, 4), (179, 50, -178, 52)]
)
def test_the_scale_bar_is_true_at_the_middle_of_the_map(bounds):
    view = make_view(bounds, aspect=1.3)
    km, bar_m = choose_scale_bar(view)
    back = view.to_plane()
    middle = (view.frame[1] + view.frame[3]) / 2
    ends = back.transform([-bar_m / 2, bar_m / 2], [middle] * 2, direction="INVERSE")
    _, _, true_m = GEOD.inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])
    assert true_m == pytest.approx(km * 1000, rel=0.006 if bounds[2] - bounds[0] == 20 else 0.001)
    width = view.frame[2] - view.frame[0]
    assert 0.05 < bar_m / width < 0.25
    assert str(int(km * 1000)).strip("0") in {"1", "2", "5"}


def test_the_view_holds_what_it_must_and_has_the_shape_asked_for():
    view = make_view(AREA, aspect=1.5, margin=0.1)
    left, bottom, right, top = view.frame
    assert (right - left) / (top - bottom) == pytest.approx(1.5)
    box = shapely.box(*view.frame)
    assert box.contains(project_geometry(shapely.box(*AREA), view=view))
    assert (view.lon, view.lat) == pytest.approx((46.5, 39.9))


def test_shapes_keep_their_shape():
    """A small circle stays a circle: the projection is conformal and true in the middle."""
    view = make_view((20, 69, 24, 70.5), aspect=1.0)
    lon, lat, _ = GEOD.fwd([22] * 36, [69.75] * 36, np.arange(0, 360, 10), [10_000] * 36)
    x, y = view.to_plane().transform(lon, lat)
    assert np.hypot(x, y) == pytest.approx(np.full(36, 10_000), rel=1e-4)


def test_north_is_up_in_the_middle_and_turns_towards_the_edges():
    view = make_view((0, 60, 20, 70), aspect=1.0)
    assert find_north(view, x=0, y=0) == pytest.approx(0, abs=1e-6)
    east, west = find_north(view, x=300_000, y=0), find_north(view, x=-300_000, y=0)
    assert east < 0 < west  # north leans back towards the middle
    assert east == pytest.approx(-west)


def test_the_graticule_is_round_and_lies_where_it_says():
    view = make_view(AREA, aspect=1.2)
    lines = draw_up_graticule(view)
    texts = {line.text for line in lines}
    assert {"46°30′E", "40°N"} <= texts
    forward = view.to_plane()
    meridian = next(line for line in lines if line.text == "46°30′E")
    lon, _ = forward.transform(*meridian.xy.T, direction="INVERSE")
    assert lon == pytest.approx(np.full(len(lon), 46.5), abs=1e-6)
    assert meridian.at is not None
    assert meridian.at[1] == pytest.approx(view.frame[1])


def test_degrees_are_written_as_on_maps():
    assert write_degrees(46.5, axis="lon") == "46°30′E"
    assert write_degrees(-0.25, axis="lat") == "0°15′S"
    assert write_degrees(0.0, axis="lat") == "0°"
    assert choose_degree_step(1.2) == 0.25
    assert choose_degree_step(40) == 10


place = st.tuples(
    st.floats(0, 100), st.floats(0, 100), st.floats(0.5, 3), st.floats(1, 30), st.floats(2, 6)
)


@settings(deadline=None)
@given(st.lists(place, max_size=25))
def test_names_lie_over_no_other_name_and_no_symbol(wanted):
    spots = place_labels(wanted, frame=(0, 0, 100, 100), taken=[(0, 0, 20, 10)])
    assert len(spots) == len(wanted)
    boxes = [(0.0, 0.0, 20.0, 10.0)]
    for (*_, width, height), spot in zip(wanted, spots, strict=True):
        if spot is None:
            continue
        left, bottom, _ = spot
        box = (left, bottom, left + width, bottom + height)
        assert left >= 0
        assert box[2] <= 100
        assert bottom >= 0
        assert box[3] <= 100
        for other in boxes:
            apart = box[0] >= other[2] or box[2] <= other[0]
            assert apart or box[1] >= other[3] or box[3] <= other[1]
        boxes.append(box)


def test_a_city_among_villages_is_named_first_and_a_village_by_itself_as_well():
    """The city's name lies over smaller signs where there is no other room, never over a name."""
    ring = [(50 + dx, 50 + dy, 1.0, 8.0, 3.0) for dx in (-6, 0, 6) for dy in (-3, 0, 3) if dx or dy]
    wanted = [(50.0, 50.0, 2.0, 10.0, 4.0), *ring, (15.0, 80.0, 1.0, 10.0, 4.0)]
    frame = (0, 0, 100, 100)
    assert place_labels(wanted, frame=frame)[0] is None
    spots = place_labels(wanted, frame=frame, surely=1)
    assert spots[0] is not None
    assert spots[-1] is not None


def test_the_largest_place_is_named_first_however_old_its_figure_is(monkeypatch, tmp_path):
    results = example_results(hostile=False)
    largest = results.settlements["population"].idxmax()
    name = results.settlements.loc[largest, "name"]
    own = results.settlements["name"] == name
    dates = np.where(own, "2030-01-01", "")
    late = dataclasses.replace(
        results, settlements=results.settlements.assign(population_from=dates)
    )
    named = []
    monkeypatch.setattr(
        sheets, "_draw_names", lambda paper, rect, rows, **_: named.append(rows[0][0]["name"])
    )
    write_map_png(late, tmp_path / "map.png", inputs_hash="0" * 64)
    assert named[0] == name


def test_a_lone_name_stands_to_the_right():
    assert place_labels([(50, 50, 1, 10, 4)], frame=(0, 0, 100, 100)) == [(51.35, 48.0, "left")]
    (spot,) = place_labels([(95, 50, 1, 10, 4)], frame=(0, 0, 100, 100))
    assert spot[2] == "right"


def test_a_raster_is_laid_where_it_belongs():
    values = np.zeros((80, 100), dtype=np.float32)
    values[40, 50] = 1.0  # the cell from 46.5 to 46.51 east, 39.9 to 39.89 north
    grid = RasterResult({}, (0.01, 0, 46.0, 0, -0.01, 40.3), "EPSG:4326")
    view = make_view(AREA, aspect=1.0)
    drawn = sample_raster(values, grid=grid, view=view, pixels=800, smooth=False)
    row, col = (np.mean(axis) for axis in np.where(drawn == 1.0))
    per_pixel = (view.frame[2] - view.frame[0]) / 800
    x, y = view.frame[0] + (col + 0.5) * per_pixel, view.frame[3] - (row + 0.5) * per_pixel
    assert (x, y) == pytest.approx(view.to_plane().transform(46.505, 39.895), abs=200)


def test_voids_keep_their_size_and_their_edges_their_values():
    values = np.full((40, 40), 5.0, dtype=np.float32)
    values[10:20, 10:20] = np.nan
    grid = RasterResult({}, (0.01, 0, 46.0, 0, -0.01, 40.3), "EPSG:4326")
    drawn = sample_raster(
        values, grid=grid, view=make_view((46.0, 39.9, 46.4, 40.3), aspect=1.0), pixels=400
    )
    known = np.isfinite(drawn)
    assert drawn[known] == pytest.approx(5.0)
    view = make_view((46.0, 39.9, 46.4, 40.3), aspect=1.0)
    corners = view.to_plane().transform([46.1, 46.2], [40.2, 40.1])
    per_pixel = (view.frame[2] - view.frame[0]) / 400
    wanted = abs(np.diff(corners[0])[0] * np.diff(corners[1])[0]) / per_pixel**2
    inner = ~known[95:215, 115:215]
    assert inner.sum() == pytest.approx(wanted, rel=0.03)


def test_a_finer_picture_interpolates_and_a_coarse_one_averages():
    ramp = np.repeat(np.arange(40, dtype=np.float32)[None, :], 40, axis=0)
    grid = RasterResult({}, (0.01, 0, 46.0, 0, -0.01, 40.3), "EPSG:4326")
    view = make_view((46.05, 39.95, 46.35, 40.25), aspect=1.0, margin=0.0)
    fine = sample_raster(ramp, grid=grid, view=view, pixels=600)
    assert (np.diff(fine[300]) >= -1e-4).all()
    assert len(np.unique(np.round(fine[300], 2))) > 200
    stripes = ramp % 2
    coarse = sample_raster(stripes, grid=grid, view=view, pixels=6)
    assert coarse == pytest.approx(0.5, abs=0.2)


def test_classes_are_never_mixed_and_nothing_lies_outside():
    classes = np.where(np.arange(40)[:, None] < 20, 3, 7).repeat(40, axis=1).astype(np.uint8)
    grid = RasterResult({}, (0.01, 0, 46.0, 0, -0.01, 40.3), "EPSG:4326")
    wide = make_view((45.5, 39.5, 46.9, 40.7), aspect=1.0)
    drawn = sample_raster(classes, grid=grid, view=wide, pixels=300, smooth=False)
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 3, 7}


def test_pictures_of_rasters_take_little_more_memory_than_they_hold():
    shade = np.full((1200, 1250), 0.7, dtype=np.float32)
    grid = RasterResult({}, (0.002, 0, 45.0, 0, -0.002, 41.0), "EPSG:4326")
    tracemalloc.start()
    try:
        drawn, _ = to_mercator(shade, grid=grid, finer=3.0)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        view = make_view((45.0, 38.6, 47.5, 41.0), aspect=1.0)
        sample_raster(shade, grid=grid, view=view, pixels=1400)
        _, then = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert drawn.nbytes > 7e6
    assert highest < 3 * drawn.nbytes
    assert then < 4 * drawn.nbytes  # the first picture among them


def test_the_foot_says_what_every_map_must_say():
    text = " ".join(part for part, _ in list_footer(example_results(), inputs_hash=HASH))
    for wanted in ("no position on the status", "Not for navigation", "Census & survey", HASH):
        assert wanted in text
    assert "CC0" in text


def test_titles_and_legend_name_lines_dates_and_accuracy():
    results = example_results(hostile=False)
    title, subtitle = write_title(results, sheet="exposure")
    assert title == "Two lines"
    # a hundredth of a degree of latitude, on the ellipsoid at 40 degrees north
    assert subtitle.endswith("too coarse (1,110 m) for statements about single places.")
    assert len(subtitle) < 190  # so that a sheet shows all of it
    assert "2020-11-10" in write_title(results, sheet="pair")[1]
    texts = [row.text for row in list_legend_rows(results, newest="line_b")]
    assert texts[0] == "Line of 2020 (2020-11-10), position ± 2,000 m (95 %)"
    assert "Old border" in texts
    assert "Road" in texts
    assert "Road" not in [
        row.text for row in list_legend_rows(results, newest="line_b", corridors=False)
    ]


def test_the_legend_of_sight_covers_every_count():
    rows = list_exposure_rows(example_results())
    highest = max(int(grid.bands["seen"].max()) for grid in example_results().sight.values())
    texts = [row.text for row in rows if row.kind == "area"]
    assert texts[-2].endswith(f"{highest}")
    assert "Undecided" in texts[-1]
    lines = [row.text for row in rows if row.kind == "line"]
    assert lines == [
        f"{SIDES[0]}: zones 5, 10 km",
        f"{SIDES[1]}: zones 5, 10 km",
        "Road or corridor in sight, somewhere within the zone",
    ]


def test_a_settlement_without_a_valid_figure_is_drawn_as_unknown(tmp_path):
    results = example_results(hostile=False)
    old = results.settlements.assign(population_from="", population_until="1950")
    none = results.settlements.assign(population=pd.array([pd.NA] * 12, dtype="Int64"))
    for name, table in (("old", old), ("none", none)):
        changed = dataclasses.replace(results, settlements=table)
        write_map_png(changed, tmp_path / f"{name}.png", inputs_hash=HASH, sheet="pair")
    a, b = (np.array(picture(tmp_path / f"{n}.png").convert("L")) for n in ("old", "none"))
    assert np.array_equal(a, b)
