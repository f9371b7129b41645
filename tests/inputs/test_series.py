"""Many dates in one file, in a folder of files; whose land, and what is land at all."""

import datetime as dt
import shutil

import numpy as np
import pytest
import shapely
from factories.layers import AREA, LINE, frame, made, write

import frontline
from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.inputs.series import expand_dates
from frontline.lines.front import read_fronts
from frontline.project.loader import list_input_files, load_project
from frontline.workflow.check import check
from frontline.workflow.pack import pack

HEAD = """title = "Test"
[study_area]
path = "area.geojson"
"""
SIDES = """
[[sides]]
name = "West"
seed = [46.02, 39.5]
[[sides]]
name = "East"
seed = [46.98, 39.5]
[uncertainty]
draws = 0
[outputs]
write = []
"""
MANY = '[[lines]]\npath = "all.geojson"\neach = "date"\nerror_m = 500\n'


def meridian(lon):
    return shapely.LineString([(lon, 39.0), (lon, 40.0)])


def west_of(lon):
    return shapely.box(45.5, 38.5, lon, 40.5)


def project(folder, text, sides=SIDES):
    write(frame(AREA), folder / "area.geojson")
    path = folder / "project.toml"
    path.write_text(HEAD + text + sides, encoding="utf-8")
    return path


def fronts_of(path):
    loaded = expand_dates(load_project(path))
    return read_fronts(loaded, layers=read_layers(loaded))


DAYS = ["2024-08-08", "2024-08-30", "2024-07-31", "2024-08-30"]


def many(folder, text=MANY, dates=DAYS, **columns):
    shapes = [meridian(46.5), meridian(46.6), meridian(46.4), meridian(46.6)]
    write(frame(*shapes, date=dates, **columns), folder / "all.geojson")
    return project(folder, text)


def test_a_layer_of_many_dates_gives_a_line_for_each(tmp_path):
    fronts = fronts_of(many(tmp_path))
    assert [front.key for front in fronts] == ["line_20240731", "line_20240808", "line_20240830"]
    assert [front.label for front in fronts] == ["31 July 2024", "8 August 2024", "30 August 2024"]
    assert [front.date for front in fronts] == [
        dt.date(2024, 7, 31),
        dt.date(2024, 8, 8),
        dt.date(2024, 8, 30),
    ]
    assert [front.length_km for front in fronts] == pytest.approx([111.02] * 3, abs=0.01)
    west = [front.sides["West"].area for front in fronts]
    assert west == sorted(west)


@pytest.mark.parametrize(
    ("dates", "more"),
    [
        ([20240808, 20240830, 20240731, 20240830], {}),
        (["2024-08-08T10:00:00", "2024-08-30", "2024-07-31 23:59:59", "2024/08/30"], {}),
    ],
)
def test_dates_may_be_numbers_and_times(tmp_path, dates, more):
    assert len(fronts_of(many(tmp_path, dates=dates, **more))) == 3


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ("newest = 2", ["line_20240808", "line_20240830"]),
        ('per = "month"', ["line_20240731", "line_20240830"]),
        ('per = "year"', ["line_20240830"]),
        ('per = "month"\nnewest = 1', ["line_20240830"]),
    ],
)
def test_the_newest_and_one_a_month_may_be_chosen(tmp_path, more, keys):
    text = MANY + more + "\n"
    assert [front.key for front in fronts_of(many(tmp_path, text))] == keys


def test_keys_and_labels_follow_those_of_the_entry(tmp_path):
    text = MANY + 'key = "deep"\nlabel = "Control"\nselect = { who = "a" }\n'
    fronts = fronts_of(many(tmp_path, text, who=["a", "a", "b", "a"]))
    assert [front.key for front in fronts] == ["deep_20240808", "deep_20240830"]
    assert fronts[0].label == "Control, 8 August 2024"


def test_a_run_with_many_dates_computes(tmp_path):
    results = frontline.compute(frontline.load_project(many(tmp_path)))
    assert list(results.lines["line"]) == ["line_20240731", "line_20240808", "line_20240830"]
    assert [line.key for line in results.project.lines] == list(results.lines["line"])
    assert list(results.inputs) == ["project.toml", "area.geojson", "all.geojson"]


@pytest.mark.parametrize(
    ("text", "dates", "fault"),
    [
        (MANY.replace('"date"', '"dates"'), DAYS, r"no column 'dates'.* Did you mean 'date'"),
        (MANY, ["2024-08-08", "August", "x", "2024-02-31"], r"feature 1, field 'date': 'August'"),
        (MANY, ["2024-08", "2024-08-30", "2024-07-31", "2024-08-30"], r"'2024-08' is not a day"),
        (MANY + "date = 2024-08-08\n", DAYS, r"lines\.1\.date': comes from its column"),
        (MANY + f'key = "{"k" * 35}"\n', DAYS, r"at most 32"),
    ],
)
def test_what_is_wrong_with_many_dates_is_named(tmp_path, text, dates, fault):
    with pytest.raises(FrontlineError, match=fault):
        fronts_of(many(tmp_path, text, dates))


def test_keys_that_others_speak_of_are_looked_up(tmp_path):
    path = many(tmp_path)
    good = path.read_text().replace("[46.02, 39.5]", '[46.02, 39.5]\nlines = ["line_20240808"]')
    path.write_text(good.replace("[46.98, 39.5]", '[46.98, 39.5]\nlines = ["line_20240809"]'))
    with pytest.raises(FrontlineError, match=r"no line 'line_20240809'.* Did you mean 'line_"):
        fronts_of(path)


FOLDER = '[[lines]]\nfiles = "maps/name_YYYYMMDD.geojson"\nheld_by = "West"\nrest_side = "East"\n'


def folder_of(tmp_path, text=FOLDER, names=("name_20240808", "name_20240901", "name_20241224")):
    (tmp_path / "maps").mkdir()
    for number, name in enumerate(names):
        held = shapely.MultiPolygon([west_of(46.4 + 0.1 * number), shapely.box(45, 39, 45.1, 40)])
        write(frame(held), tmp_path / "maps" / f"{name}.geojson")
    (tmp_path / "maps" / "readme.txt").write_text("no map")
    return project(tmp_path, text)


def test_a_folder_of_daily_polygons_of_one_side_is_read_as_it_comes(tmp_path):
    path = folder_of(tmp_path)
    fronts = fronts_of(path)
    assert [front.key for front in fronts] == ["line_20240808", "line_20240901", "line_20241224"]
    assert fronts[0].label == "8 August 2024"
    assert [front.length_km for front in fronts] == pytest.approx([111.02] * 3, abs=0.01)
    assert set(fronts[0].sides) == {"West", "East"}
    assert len(list_input_files(load_project(path))) == 5


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (FOLDER + "newest = 1\n", ["line_20241224"]),
        (FOLDER.replace("name_", "*_") + 'key = "map"\n', ["map_20240808", "map_20240901"]),
    ],
)
def test_patterns_may_choose(tmp_path, text, keys):
    assert [line.key for line in load_project(folder_of(tmp_path, text)).lines][: len(keys)] == keys


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("YYYYMMDD", "YYYYMM", r"lines\.1\.files': .* is no pattern of dated files"),
        ("maps/", "map/", r"there is no folder 'map'"),
        ("name_", "other_", r"no file of the folder fits"),
        ("YYYYMMDD", "DDMMYYYY", r"'name_20241224\.geojson' names no day"),
        ('held_by = "West"', 'held_by = "Wset"', r"held_by': there is no side 'Wset'.* 'West'"),
        ('rest_side = "East"', 'rest_side = "Esat"', r"rest_side': there is no side 'Esat'"),
        ('held_by = "West"', 'path = "area.geojson"', r"both files and path"),
        ('held_by = "West"\n', "", r"has rest_side and does not say who holds the polygons"),
        ("files", "each = 'date'\nfiles", r"both files and each"),
        ('"maps/name', '"https://host/name', r"is no pattern|not a folder of this computer"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_named(tmp_path, old, new, fault):
    with pytest.raises(FrontlineError, match=fault):
        load_project(folder_of(tmp_path, FOLDER.replace(old, new)))


def test_two_files_of_one_date_are_refused(tmp_path):
    names = ("a_20240808", "b_20240808")
    path = folder_of(tmp_path, FOLDER.replace("name_", "*_"), names)
    with pytest.raises(FrontlineError, match=r"'a_20240808\.geojson' and 'b_.* are of one date"):
        load_project(path)


def test_newest_of_a_single_line_is_refused(tmp_path):
    with pytest.raises(FrontlineError, match=r"lines\.front\.newest': chooses among dates"):
        load_project(made(tmp_path, line="newest = 3"))


HOLDERS = """[[lines]]
key = "front"
label = "Front"
date = 2024-08-08
path = "control.geojson"
side_column = "state"
holders = { "captured by M" = "West", "advance of M" = "West", "held by R" = "East", sea = "" }
"""


def test_a_column_of_holders_is_mapped_to_sides(tmp_path):
    shapes = [west_of(46.2), shapely.box(46.2, 38, 46.4, 41), shapely.box(46.4, 38, 46.8, 41)]
    shapes.append(shapely.box(46.8, 38, 48, 41))
    states = ["captured by M", "advance of M", "held by R", "sea"]
    write(frame(*shapes, state=states), tmp_path / "control.geojson")
    (front,) = fronts_of(project(tmp_path, HOLDERS))
    assert front.length_km == pytest.approx(111.02, abs=0.01)
    assert list(front.sides) == ["West", "East"]
    assert "are on no side" in "".join(note.text for note in front.notes)
    states[0] = "captured  by N"
    write(frame(*shapes, state=states), tmp_path / "control.geojson")
    with pytest.raises(FrontlineError, match=r"'captured  by N' is not a side .* 'captured by M'"):
        fronts_of(tmp_path / "project.toml")


def test_polygons_without_a_holder_are_told_about_side_column(tmp_path):
    path = made(tmp_path, front=west_of(46.5))
    with pytest.raises(FrontlineError) as caught:
        read_layers(load_project(path))
    assert "is a Polygon (expected line). If these polygons are land" in str(caught.value)
    assert "side_column = " in str(caught.value)
    assert "remove it" not in str(caught.value)


def test_sea_is_on_no_side(tmp_path):
    write(frame(shapely.box(45, 38, 48, 39.5)), tmp_path / "coast.geojson")
    text = FOLDER.replace("maps/", "") + '[land]\npath = "coast.geojson"\n'
    write(frame(west_of(46.5)), tmp_path / "name_20240808.geojson")
    seeds = SIDES.replace("39.5]", "39.2]")
    path = project(tmp_path, text, seeds)
    loaded = load_project(path)
    layers = read_layers(loaded)
    (front,) = read_fronts(loaded, layers=layers)
    assert front.length_km == pytest.approx(111.02 / 2, abs=0.05)
    assert sum(land.area for land in front.sides.values()) == pytest.approx(layers.study_area.area)
    assert any("are no land: they are on no side" in note.text for note in layers.notes)


def gap_area(folder, *, apart_m, noise_m):
    """Two districts whose common border, the meridian 46.5, was digitised twice."""
    rng = np.random.default_rng(1)
    lat = np.linspace(39, 40, 201)
    degree_m = 86_000.0
    borders = [
        46.5 + (side * apart_m / 2 + rng.normal(0, 1, 201) * noise_m) / degree_m for side in (-1, 1)
    ]
    left = shapely.Polygon([(46, 39), *zip(borders[0], lat, strict=True), (46, 40)])
    right = shapely.Polygon([(47, 39), *zip(borders[1], lat, strict=True), (47, 40)])
    return shapely.MultiPolygon([*shapely.get_parts(left), *shapely.get_parts(right)])


@pytest.mark.parametrize(
    ("apart_m", "noise_m"), [(0.5, 0.5), (0.0, 0.5), (2.0, 2.0), (0.3, 0.0), (20.0, 3.0)]
)
def test_a_front_along_a_gap_of_the_study_area_keeps_its_length(tmp_path, apart_m, noise_m):
    area = gap_area(tmp_path, apart_m=apart_m, noise_m=noise_m)
    write(frame(*shapely.get_parts(area)), tmp_path / "area.geojson")
    loaded = load_project(made(tmp_path, study_area=None, front=LINE))
    layers = read_layers(loaded)
    (front,) = read_fronts(loaded, layers=layers)
    assert front.length_km == pytest.approx(111.02, abs=0.01)
    assert front.sides["West"].area == pytest.approx(front.sides["East"].area, rel=1e-3)
    assert any("Gaps of less than 50 m" in note.text for note in layers.notes)


def test_pieces_without_settlement_or_seed_are_said(tmp_path):
    ring = shapely.box(46.7, 39.3, 46.75, 39.35).exterior
    write(frame(LINE, ring), tmp_path / "line.geojson")
    write(frame(shapely.Point(46.2, 39.2), name=["A"], population=[5]), tmp_path / "s.gpkg")
    path = made(tmp_path, '[settlements]\npath = "s.gpkg"\n', front=None)
    loaded = load_project(path)
    (front,) = read_fronts(loaded, layers=read_layers(loaded))
    text = "\n".join(note.text for note in front.notes)
    assert (
        "1 of the 2 separate pieces of 'West' hold neither a settlement nor a seed, 23.9 km2"
        in (text)
    )


def test_two_lines_in_one_layer_are_no_finding_that_check_passes(tmp_path):
    lines = shapely.MultiLineString([meridian(46.45), meridian(46.55)])
    path = made(tmp_path, front=lines)
    with pytest.raises(FrontlineError, match=r"46\.5000, 39\.\d+\), 955 km2, .* with select"):
        check(path)


def test_check_names_small_pieces_with_number_size_and_place(tmp_path):
    islets = [shapely.box(46.7, 39.3 + k / 10, 46.7005, 39.3004 + k / 10) for k in range(3)]
    held = shapely.MultiPolygon([west_of(46.5), *islets])
    (tmp_path / "maps").mkdir()
    write(frame(held), tmp_path / "maps" / "name_20240808.geojson")
    text = "\n".join(check(project(tmp_path, FOLDER + "error_m = 200\n")))
    assert "line_20240808: 111.0 km, cuts the study area." in text
    assert "smaller than 0.04 km2 say nothing, and were given to what surrounds them: 3, " in text
    assert "the largest 1,9" in text
    assert "at (46.700" in text


def test_a_packed_project_of_many_dates_computes_the_same(tmp_path):
    path = many(tmp_path)
    names = pack(path, out=tmp_path / "case.zip")
    assert names == ("project.toml", "area.geojson", "all.geojson")
    (tmp_path / "copy").mkdir()
    shutil.unpack_archive(tmp_path / "case.zip", tmp_path / "copy")
    copied = fronts_of(tmp_path / "copy" / "project.toml")
    assert [front.length_km for front in copied] == [front.length_km for front in fronts_of(path)]


def test_a_layer_of_many_dates_is_read_once(tmp_path, monkeypatch):
    from frontline.inputs import reader

    read, real = [], reader.read_layers_as_one
    monkeypatch.setattr(
        reader,
        "read_layers_as_one",
        lambda *args, **kwargs: read.append(1) or real(*args, **kwargs),
    )
    assert len(fronts_of(many(tmp_path))) == 3
    assert len(read) == 2  # the study area, and all dates together
