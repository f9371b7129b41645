"""Blocks of posts: the same bits however they are cut, ordered, kept, lost or spoiled."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import shapely
from factories.projects import made_project
from factories.sight import FRAME, dem_of, front_of, layers_of, zones_of

from frontline.errors import OutputError
from frontline.project.models import Sight
from frontline.storage import checkpoint as kept
from frontline.visibility import batches as blocks
from frontline.visibility import exposure
from frontline.visibility.observers import place_observers, tile_front, to_grid_positions
from frontline.visibility.targets import SightTargets, make_empty_counts_of_targets

LINE = shapely.LineString([(-8_000.0, -9_000.0), (1_000.0, 500.0), (6_000.0, 9_000.0)])


def terrain(seed=2):
    rng = np.random.default_rng(seed)
    heights = np.cumsum(rng.normal(0.0, 8.0, (400, 400)), axis=1)
    heights[300:310, 200:260] = np.nan
    return dem_of(heights, accuracy_m=5.0)


def see(*, folder=None, seed=2, places=60, **asked):
    rng = np.random.default_rng(5)
    return exposure.see_from_fronts(
        type("Project", (), {"sight": Sight(radius_m=6_000.0, **asked)}),
        layers=layers_of(rng.uniform(-12_000, 12_000, (places, 2)), [LINE]),
        fronts=[front_of(LINE)],
        dem=terrain(seed),
        zones=zones_of((3_000.0, LINE.buffer(3_000.0))),
        threads=1,
        checkpoint=folder and kept.open_work(folder),
    )


def assert_same(one, other):
    assert one.settlements.equals(other.settlements)
    assert one.zones.equals(other.zones)
    assert one.corridors.equals(other.corridors)
    assert one.corridor_zones.equals(other.corridor_zones)
    for band in ("seen", "unknown"):
        mine, theirs = (found.rasters["old"].bands[band] for found in (one, other))
        assert mine.dtype == theirs.dtype
        assert (mine == theirs).all()
    assert one.notes == other.notes


def stretch_and_targets():
    dem = terrain()
    (part,) = tile_front(front_of(LINE), dem=dem, radius_m=6_000.0)
    stretch = place_observers(part, dem=dem, plane=FRAME, radius_m=6_000.0, spacing_m=None)
    xy = np.random.default_rng(5).uniform(-12_000, 12_000, (60, 2))
    return stretch, [
        SightTargets(to_grid_positions(stretch.dem, xy=xy, crs=FRAME.crs), np.full(60, 2.0))
    ]


@pytest.mark.parametrize(("posts", "tile"), [(7, 480), (1_000, 9), (31, 64)])
def test_blocks_of_any_size_give_the_same_bits(monkeypatch, posts, tile):
    whole = see()
    assert {"visible", "hidden", "out_of_range"} <= set(whole.settlements.in_sight)
    monkeypatch.setattr(blocks, "BLOCK_POSTS", posts)
    monkeypatch.setattr(blocks, "TILE_CELLS", tile)
    assert_same(see(), whole)


def test_blocks_hold_every_post_once(monkeypatch):
    stretch, targets = stretch_and_targets()
    monkeypatch.setattr(blocks, "BLOCK_POSTS", 13)
    monkeypatch.setattr(blocks, "TILE_CELLS", 50)
    made = list(
        blocks.make_blocks(stretch, targets=targets, eyes=blocks.ObserverSettings.of(Sight()))
    )
    posts = np.concatenate([block.posts_rc for block in made])
    assert len(made) > 20
    assert max(len(block.posts_rc) for block in made) <= 13
    assert max(np.ptp(block.posts_rc, axis=0).max() for block in made) < 50
    assert sorted(map(tuple, posts.tolist())) == sorted(map(tuple, stretch.posts_rc.tolist()))
    assert sum(block.length_m.sum() for block in made) == stretch.length_m.sum()


def test_the_order_of_blocks_and_another_process_do_not_matter(monkeypatch):
    stretch, targets = stretch_and_targets()
    monkeypatch.setattr(blocks, "BLOCK_POSTS", 11)
    made = list(
        blocks.make_blocks(
            stretch, targets=targets, eyes=blocks.ObserverSettings.of(Sight(radius_m=6_000.0))
        )
    )
    shape = stretch.dem.heights_m.shape
    totals = []
    for order in (made, made[::-1]):
        counts, tally = (
            (np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)),
            make_empty_counts_of_targets(60),
        )
        for block in order:
            # What a block needs fits into a parcel, and so does what it gives back.
            counted = blocks.count_block(pickle.loads(pickle.dumps(block)), threads=1)
            blocks.add_counts(pickle.loads(pickle.dumps(counted)), counts=counts, totals=[tally])
        totals.append((*counts, *vars(tally).values()))
    for one, other in zip(*totals, strict=True):
        assert (one == other).all()
    assert totals[0][0].max() > 11


def test_a_second_run_takes_what_the_first_has_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_POSTS", 50)
    plain = see()
    assert_same(see(folder=tmp_path / "work"), plain)
    pieces = sorted((tmp_path / "work").iterdir())
    assert len(pieces) > 3
    monkeypatch.setattr(blocks, "count_block", None)
    assert_same(see(folder=tmp_path / "work"), plain)
    assert sorted((tmp_path / "work").iterdir()) == pieces


@pytest.mark.parametrize(
    "change",
    [{"seed": 3}, {"places": 61}, {"target_height_m": 9.0}, {"refraction": 0.1}],
)
def test_other_inputs_take_none_of_it(tmp_path, change):
    see(folder=tmp_path)
    before = set(tmp_path.iterdir())
    assert_same(see(folder=tmp_path, **change), see(**change))
    assert not set(tmp_path.iterdir()) <= before


def test_spoiled_and_foreign_pieces_are_counted_again(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_POSTS", 40)
    plain = see(folder=tmp_path)
    # The last piece is all of the line's sight, made of the blocks: without it blocks are read.
    line = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    line.unlink()
    pieces = sorted(tmp_path.iterdir())
    whole = [path.read_bytes() for path in pieces]
    middle = bytearray(whole[2])
    middle[len(middle) // 2] ^= 1
    pieces[0].write_bytes(b"")
    pieces[1].write_bytes(whole[1][:-7])
    pieces[2].write_bytes(bytes(middle))
    pieces[3].write_bytes(whole[4])  # a good piece under another one's name
    pieces[5].unlink()
    pieces[5].mkdir()
    counted = []
    count = blocks.count_block
    monkeypatch.setattr(blocks, "count_block", lambda b, **k: counted.append(b) or count(b, **k))
    with pytest.raises(OutputError, match="intermediate files cannot be written"):
        see(folder=tmp_path)
    pieces[5].rmdir()
    counted.clear()
    for path, data in zip(pieces[:4], (b"x", b"\n" * 9, bytes(middle), whole[4]), strict=True):
        path.write_bytes(data)
    assert_same(see(folder=tmp_path), plain)
    assert len(counted) == 5
    assert [path.read_bytes() for path in pieces] == whole


def test_another_program_goes_on_from_nothing(tmp_path, monkeypatch):
    see(folder=tmp_path)
    before = set(tmp_path.iterdir())
    # Sight of a line is made of blocks: where their code is another, so is its own.
    monkeypatch.setitem(kept.STAGES, "visibility", 0)
    monkeypatch.setitem(kept.STAGES, "sight", 0)
    see(folder=tmp_path)
    assert len(set(tmp_path.iterdir())) == 2 * len(before)


def test_keys_tell_apart_what_is_not_the_same():
    a, b = np.arange(6.0), np.arange(6.0).reshape(2, 3)
    keys = [
        [],
        [a[:0]],
        [b[:0]],
        [a],
        [b],
        [a.astype(np.float32)],
        [a.tobytes()],
        ["ab", "c"],
        ["a", "bc"],
        [b"abc"],
    ]
    assert len({kept.make_key("visibility", parts=parts) for parts in keys}) == len(keys)
    assert kept.make_key("visibility", parts=[b.T]) == kept.make_key(
        "visibility", parts=[b.T.copy()]
    )


def test_arrays_come_back_as_they_were(tmp_path):
    folder = kept.open_work(tmp_path / "a" / "b")
    arrays = {"none": np.zeros((0, 2)), "n": np.array([np.nan, np.inf]), "u": np.ones(3, np.uint16)}
    kept.save_piece(folder, key="f" * 64, arrays=arrays)
    found = kept.load_piece(folder, key="f" * 64)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert kept.load_piece(folder, key="e" * 64) is None
    assert kept.load_piece(None, key="f" * 64) is None
    kept.save_piece(None, key="f" * 64, arrays=arrays)


def test_the_folder_is_apart_from_the_results(tmp_path):
    out = tmp_path / "out"
    for inside in (out, out / "work", tmp_path / "x" / ".." / "out"):
        with pytest.raises(OutputError, match="lies in the folder of results"):
            kept.open_work(inside, out=out)
    assert not out.exists()
    kept.open_work(tmp_path / "work", out=out)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError, match="intermediate files cannot be written"):
        kept.open_work(tmp_path / "file", out=out)


def test_scratch_of_a_killed_run_is_removed_after_a_day(tmp_path):
    old, new = tmp_path / ".scratch-old", tmp_path / ".scratch-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 100_000,) * 2)
    kept.open_work(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


SMALL_BLOCKS = """
import sys
from frontline.cli.main import main
from frontline.visibility import batches
batches.BLOCK_POSTS = 10
sys.argv = ["frontline", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_and_ends_in_the_same_bytes(tmp_path):
    more = '[elevation]\npath = "dem.tif"\n[outputs]\nwrite = ["rasters", "geopackage"]\n'
    project = made_project(tmp_path, draws=0, more=more)
    work, out, plain = (tmp_path / name for name in ("work", "out", "plain"))
    command = [sys.executable, "-c", SMALL_BLOCKS, "run", str(project), "-q"]
    resumed = [*command, "--out", str(out), "--work", str(work)]
    with subprocess.Popen(resumed) as running:
        while len(list(work.glob("*.piece"))) < 5 and running.poll() is None:
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert not out.exists()
    kept_before = {path: path.stat().st_mtime_ns for path in work.glob("*.piece")}
    assert len(kept_before) >= 5
    subprocess.run(resumed, check=True)
    after = {path: path.stat().st_mtime_ns for path in work.glob("*.piece")}
    assert len(after) > len(kept_before)
    assert {path: after[path] for path in kept_before} == kept_before
    subprocess.run([*command, "--out", str(plain)], check=True)
    names = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    assert len(names) > 9
    for name in names:
        assert (out / name).read_bytes() == (plain / name).read_bytes(), name
