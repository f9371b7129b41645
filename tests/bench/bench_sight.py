"""Sight against its peers, in one run on one machine: time, wrong cells, memory.

Usage: python tests/bench/bench_sight.py [--runs 5] [--posts 500] [--only PART] [--gdal PYTHON]

Figures are medians of alternating runs; what counts is the ratios, and of these the ones of
processor time where other work runs on the machine. GDAL is run in two processes at once, its
best, through an interpreter that has `gdal-wheel` (found in `.bench/`, made there if Python 3.12 is
at hand); xarray-spatial is taken from the environment or from `.bench/xrspatial`. A peer that is
missing is named. The last lines set the goals beside what was measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

# The checkout, not an install:
from frontline.visibility.core import POSTS_PER_BATCH, _batches, cumulative_viewshed, line_of_sight  # noqa: E402
from frontline.visibility.kernels.cumulative import Reach, count_posts, surface_of  # noqa: E402

CELL, RADIUS = 30.0, 15_000.0
CURVE = 0.87 / (2.0 * 6_371_008.8)
PEERS = ROOT / ".bench" / "xrspatial"


def synthetic_range(size=4000, seed=7):
    """A seeded mountain range: noise whose power falls with the frequency, relief about 3 km."""
    rng = np.random.default_rng(seed)
    across, down = np.fft.rfftfreq(size, CELL), np.fft.fftfreq(size, CELL)
    frequency2 = down[:, None] ** 2 + across[None] ** 2 + (1 / 20_000.0) ** 2
    phases = rng.normal(size=frequency2.shape) + 1j * rng.normal(size=frequency2.shape)
    z = np.fft.irfft2(phases * frequency2**-0.95, s=(size, size))
    return np.round(z / z.std() * 450.0 + 1500.0, 1).astype(np.float32)


def trinidad():
    """The real elevation model of the tests; its cells are taken as 90 m."""
    import rasterio

    path = ROOT / "tests" / "data" / "trinidad_colorado_usgs_3s_m.tif"

    with rasterio.open(path) as source:
        return source.read(1).astype(np.float32)


def along(shape, number, margin):
    """Posts along a winding line from the top to the bottom of a raster."""
    rows = np.linspace(margin, shape[0] - margin, number).astype(int)
    cols = shape[1] / 2 + 0.15 * shape[1] * np.sin(rows / 300)
    return np.column_stack([rows, cols.astype(int)])


def gdal_python(asked):
    """Find or make an interpreter with GDAL 3.13."""
    own = ROOT / ".bench" / "gdal" / "bin" / "python"
    for python in [asked, str(own)]:
        if python and Path(python).exists():
            return python
    base = shutil.which("python3.12")
    if base is None:
        return None
    environment = os.environ | {"PYENV_VERSION": os.environ.get("BENCH_PYENV", "3.12.1")}
    try:
        subprocess.run([base, "-m", "venv", own.parent.parent], check=True, env=environment)
        subprocess.run([own, "-m", "pip", "install", "-q", "gdal-wheel", "numpy"], check=True)
    except subprocess.CalledProcessError:
        return None
    return str(own)


def gdal_seconds(python, z, posts, cell, folder, out="-"):
    """Seconds by the clock and of processors for the posts, two processes side by side."""
    np.save(folder / "z.npy", z)
    tool = str(HERE / "gdal_viewsheds.py")
    jobs = []
    for part in range(2):
        np.save(folder / f"p{part}.npy", posts[part::2])
        words = [python, tool, folder / "z.npy", folder / f"p{part}.npy", cell, RADIUS]
        words.append(out if part == 0 or out == "--lines" else "-")
        jobs.append(subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, text=True))
    times = [[float(word) for word in job.communicate()[0].split()] for job in jobs]
    return max(clock for clock, _ in times), sum(spent for _, spent in times)


def our_seconds(z, posts, cell, threads):
    began, spent = time.perf_counter(), time.process_time()
    cumulative_viewshed(z, posts_rc=posts, cell_size_m=cell, max_distance_m=RADIUS, threads=threads)
    return time.perf_counter() - began, time.process_time() - spent


def kernel_seconds(z, posts, cell):
    """Processor seconds of preparing the raster, and of counting alone, on one thread."""
    reach = Reach((cell, cell), 2.0, 2.0, RADIUS, CURVE)
    began = time.process_time()
    surface = surface_of(z)
    ready = time.process_time()
    weights = np.zeros(len(posts), dtype=np.uint32)
    for batch in _batches(posts, weights, z.shape, reach, POSTS_PER_BATCH):
        corner = (batch.top, batch.left)
        count_posts(
            surface,
            batch.posts,
            batch.weights,
            corner=corner,
            shape=batch.shape,
            reach=reach,
            weighted=False,
        )
    return ready - began, time.process_time() - ready


def exact_cells(z, post, cell):
    """What a ray to every cell finds: the reference, visible and within the radius."""
    targets = np.argwhere(np.ones(z.shape, dtype=bool))
    offsets = (targets - post) * cell
    targets = targets[(offsets**2).sum(axis=1) <= RADIUS**2]
    state = line_of_sight(z, from_rc=[post], to_rc=targets, cell_size_m=cell).visible
    return targets, state == 1


def wrong_shares(found, targets, truth):
    """False and missed cells as shares of the visible ones."""
    found = found[targets[:, 0], targets[:, 1]]
    visible = truth.sum()
    return (found & ~truth).sum() / visible, (truth & ~found).sum() / visible


def terrain(name, z, cell, options, python):
    posts = along(z.shape, options.posts, 0.05 * z.shape[0])
    targets, truth = exact_cells(z, posts[0], cell)
    one = (
        cumulative_viewshed(z, posts_rc=posts[:1], cell_size_m=cell, max_distance_m=RADIUS).seen > 0
    )
    false, missed = wrong_shares(one, targets, truth)
    print(f"\n{name}: {z.shape[0]} x {z.shape[1]} cells of {cell:g} m, {len(posts)} posts")
    print(f"  visible cells per disc    {truth.sum():,} of {len(truth):,}")
    print(f"  frontline  false {false:.4%}, missed {missed:.4%} of the visible cells")
    ours, singles, peers, kernels = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for run in range(options.runs):
            ours.append(our_seconds(z, posts, cell, 2))
            singles.append(our_seconds(z, posts, cell, 1))
            kernels.append(kernel_seconds(z, posts, cell))
            if python:
                peers.append(gdal_seconds(python, z, posts, cell, folder, folder / "out.npy"))
            if python and run == 0:
                false, missed = wrong_shares(np.load(folder / "out.npy"), targets, truth)
                print(f"  GDAL       false {false:.4%}, missed {missed:.4%} of the visible cells")
    (two, two_cpu), (single, single_cpu) = medians(ours), medians(singles)
    prepared, counted = medians(kernels)
    each = 1e3 / len(posts)
    print(f"  frontline  {two * each:.2f} ms a post on two threads, end to end")
    print(f"             {two_cpu * each:.2f} ms of processor time, {single_cpu * each:.2f} on one")
    print(
        f"  kernel     {counted * each:.2f} ms; the raster {prepared * 1e3:.0f} ms once (processor)"
    )
    print(f"  two threads against one   {single / two:.2f} x by the clock")
    note(
        f"{len(posts)} posts, 15 km, {name}: two threads against one",
        "1.9 x",
        f"{single / two:.2f} x",
    )
    if peers:
        peer, peer_cpu = medians(peers)
        print(f"  GDAL       {peer * each:.2f} ms a post on two processes")
        print(f"             {peer_cpu * each:.2f} ms of processor time")
        ratio = f"{peer / two:.1f} x by the clock, {peer_cpu / two_cpu:.1f} x processor"
        print(f"  ratio      {ratio}")
        note(f"{len(posts)} posts, 15 km, {name}: against GDAL", "12 x", ratio)


FOUND = []


def note(what, goal, measured):
    """Keep a row of the table at the end."""
    FOUND.append((what, goal, measured))


def medians(times):
    """Medians of pairs of seconds; processor time is the fairer one on a busy machine."""
    return tuple(statistics.median(values) for values in zip(*times, strict=True))


def worst_cases(options):
    size = 1200
    rng = np.random.default_rng(1)
    noise = (rng.random((size, size)) * 20).astype(np.float32)
    for name, z, height in [
        ("plain, 2 m", np.zeros((size, size), dtype=np.float32), 2.0),
        ("plain, mast of 100 m", np.zeros((size, size), dtype=np.float32), 100.0),
        ("white noise, mast of 100 m", noise, 100.0),
    ]:
        spent = []
        for _ in range(options.runs):
            began = time.process_time()
            cumulative_viewshed(
                z, posts_rc=[[600, 600]] * 4, cell_size_m=CELL, observer_height_m=height, threads=1
            )
            spent.append((time.process_time() - began) / 4)
        each = f"{statistics.median(spent) * 1e3:.1f} ms a post"
        print(f"  worst case {name}: {each}, one thread")
        note(f"worst case: {name}", "stated", each)


def summits(z, options):
    tops = z.reshape(z.shape[0] // 80, 80, -1, 80).max(axis=(1, 3)).ravel()
    places = np.argwhere(np.isin(z, np.sort(tops)[-24:]))[:24]
    spent = medians([our_seconds(z, places, CELL, 2) for _ in range(options.runs)])
    clock, processor = (value / len(places) * 1e3 for value in spent)
    found = f"{clock:.2f} ms on two threads, processor {processor:.2f} ms"
    print(f"  posts on summits          {found}")
    note("posts on summits", "5 ms on two threads", found)


def growth(z, options):
    """What a post more and a kilometre more cost: the raster's own share is taken off."""
    shares = []
    for number in (50, 100, 200, 400):
        posts = along(z.shape, number, 600)
        shares.append(medians([kernel_seconds(z, posts, CELL) for _ in range(3)])[1] / number * 1e3)
        print(f"  {number:4d} posts                {shares[-1]:.2f} ms of processor a post")
    note("growth with posts 50 to 400, ms a post", "even", " ".join(f"{s:.2f}" for s in shares))
    shares = []
    posts = along(z.shape, 100, 600)
    for radius in (3_750.0, 7_500.0, 15_000.0):
        spent = []
        for _ in range(3):
            began = time.process_time()
            cumulative_viewshed(
                z, posts_rc=posts, cell_size_m=CELL, max_distance_m=radius, threads=1
            )
            spent.append((time.process_time() - began) / len(posts) * 1e3)
        shares.append(statistics.median(spent))
        print(f"  radius {radius / 1e3:6.2f} km          {shares[-1]:.2f} ms of processor a post")
    rates = " ".join(f"{two / one:.1f}" for one, two in itertools.pairwise(shares))
    note("growth per doubling of the radius, end to end", "4 x", rates + " x")


def many_lines(z, options, python):
    rng = np.random.default_rng(3)
    posts = along(z.shape, 2400, 700)
    starts, ends = [], []
    for place in rng.integers(600, 3400, (400, 2)):
        near = np.hypot(*(posts - place).T) * CELL <= RADIUS
        starts.append(np.repeat(place[None], near.sum(), axis=0))
        ends.append(posts[near])
    starts, ends = np.concatenate(starts), np.concatenate(ends)
    spent = []
    for _ in range(options.runs):
        began = time.process_time()
        line_of_sight(z, from_rc=starts, to_rc=ends, cell_size_m=CELL)
        spent.append(time.process_time() - began)
    rate = len(starts) / statistics.median(spent)
    print(f"  sight_lines               {rate / 1e6:.2f} million rays a second, one core")
    began = time.process_time()
    line_of_sight(z, from_rc=starts + 0.37, to_rc=ends, cell_size_m=CELL)
    between = len(starts) / (time.process_time() - began)
    print(f"    from between the cells  {between / 1e6:.2f} million")
    note("sight_lines, one core, rays a second", "5 million", f"{rate / 1e6:.2f} million")
    if python:
        with tempfile.TemporaryDirectory() as scratch:
            few = posts[np.hypot(*(posts - posts[1200]).T) * CELL <= RADIUS]
            _, seconds = gdal_seconds(python, z, few, CELL, Path(scratch), "--lines")
        peer = len(few) / seconds
        print(f"  GDAL IsLineOfSightVisible {peer:,.0f} rays a second, ratio {rate / peer:.0f} x")
        note("sight_lines against GDAL", "300 x", f"{rate / peer:.0f} x")


def whole_line():
    """A post in every cell of a line of 330 km: about 11,000 posts, end to end."""
    z = np.tile(synthetic_range(), (3, 1))[:11_500, :2500].copy()
    rows = np.arange(250, 11_250)
    cols = 1250 + 200 * np.sin(rows / 300)
    posts = np.column_stack([rows, cols.astype(int)])
    print(f"\nline of 330 km: {len(posts):,} posts, 15 km, {z.shape[0]} x {z.shape[1]} cells")
    for threads in (2, 1):
        some = posts if threads == 2 else posts[::10]
        clock, spent = our_seconds(z, some, CELL, threads)
        each = 1e3 * spent / len(some)
        print(f"  {threads} threads, {len(some):,} posts  {clock:.1f} s, {each:.2f} ms each (CPU)")
        if threads == 2:
            note("11,000 posts, 330 km", "40 s", f"{clock:.1f} s, processor {spent:.1f} s")


def cropped(z, post, cell):
    """The square around a post that its radius reaches, and the post in it."""
    reach = int(RADIUS / cell) + 1
    low = np.maximum(post - reach, 0)
    part = z[low[0] : post[0] + reach + 1, low[1] : post[1] + reach + 1]
    return part, post - low


def other_peers(z):
    """One post each with GRASS and xarray-spatial, cropped to the disc's square."""
    post = along(z.shape, 3, 1000)[1]
    part, at = cropped(z, post, CELL)
    targets, truth = exact_cells(part, at, CELL)
    for name, peer in (("GRASS r.viewshed", grass_viewshed), ("xarray-spatial", xarray_viewshed)):
        answer = peer(part, at)
        if answer is None:
            print(f"missing peer: {name}")
            continue
        seconds, found = answer
        false, missed = wrong_shares(found, targets, truth)
        print(f"  {name:25s} {seconds:.2f} s a post, false {false:.2%}, missed {missed:.2%}")


def xarray_viewshed(part, at):
    """Seconds of a second call (the first compiles), and the visible cells."""
    sys.path.append(str(PEERS))
    if importlib.util.find_spec("xrspatial") is None:
        return None
    import xarray
    from xrspatial import viewshed

    y, x = np.arange(part.shape[0])[::-1] * CELL, np.arange(part.shape[1]) * CELL
    raster = xarray.DataArray(part.astype(float), coords={"y": y, "x": x}, dims=["y", "x"])
    for _ in range(2):
        began = time.perf_counter()
        done = viewshed(raster, x=x[at[1]], y=y[at[0]], observer_elev=2, target_elev=2)
        seconds = time.perf_counter() - began
    return seconds, done.values >= 0


def grass_viewshed(part, at):
    """Seconds of r.viewshed itself, in a project that is thrown away, and the visible cells."""
    if shutil.which("grass") is None:
        return None
    rows, cols = part.shape
    with tempfile.TemporaryDirectory() as scratch:
        part.tofile(Path(scratch) / "z.bin")
        north, east = rows * CELL, cols * CELL
        spot = f"{(at[1] + 0.5) * CELL},{north - (at[0] + 0.5) * CELL}"
        script = (
            f"r.in.bin -f --quiet input={scratch}/z.bin output=z bytes=4 rows={rows} cols={cols}"
            f" north={north} south=0 east={east} west=0 && g.region raster=z && date +%s.%N &&"
            f" r.viewshed -b -c -r --quiet input=z output=v coordinates={spot} observer_elevation=2"
            f" target_elevation=2 max_distance={RADIUS} refraction_coeff=0.13 && date +%s.%N &&"
            f" r.out.bin -i --quiet input=v output={scratch}/v.bin bytes=2 null=0"
        )
        command = ["grass", "--tmp-location", "XY", "--exec", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seen = np.fromfile(Path(scratch) / "v.bin", dtype=np.int16).reshape(rows, cols) > 0
    began, ended = (float(line) for line in done.stdout.split() if line.replace(".", "").isdigit())
    return ended - began, seen


def large(options, python):
    with tempfile.TemporaryDirectory() as scratch:
        # In a process of its own: the noise takes more memory than the sight.
        path = Path(scratch) / "range.npy"
        code = f"import bench_sight as b; b.np.save({str(path)!r}, b.synthetic_range())"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE)
        z = np.tile(np.load(path), (2, 2))[:8000, :6700].copy()
    posts = along(z.shape, 2400, 600)
    seconds, spent = our_seconds(z, posts, CELL, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\nlarge: 8000 x 6700 cells, 2,400 posts, two threads, end to end")
    print(f"  frontline {seconds:.1f} s, processor {spent:.1f} s, peak {peak:.0f} MB")
    note("8000 x 6700, 2,400 posts: peak memory", "900 MB", f"{peak:.0f} MB")
    if python is None:
        return
    with tempfile.TemporaryDirectory() as scratch:
        times = gdal_seconds(python, z, posts[::12], CELL, Path(scratch))
    clock, processor = (12 * value for value in times)
    print(f"  GDAL two processes {clock:.1f} s, processor {processor:.1f} s (12th post x 12)")
    ratio = f"{clock / seconds:.1f} x by the clock, {processor / spent:.1f} x processor"
    print(f"  ratio {ratio}")
    note("8000 x 6700, 2,400 posts: against GDAL", "8 x", ratio)


def smooth(options, python):
    """A plain as large as the others: the peer beside our worst case."""
    few = argparse.Namespace(runs=options.runs, posts=min(options.posts, 40))
    terrain("flat plain", np.zeros((2000, 2000), dtype=np.float32), CELL, few, python)


def ranges(options, python):
    z = synthetic_range()
    terrain("synthetic range", z, CELL, options, python)
    summits(z, options)
    growth(z, options)
    many_lines(z, options, python)
    other_peers(z)


def others(options, python):
    smooth(options, python)
    worst_cases(options)
    terrain("trinidad", trinidad(), 90.0, options, python)


PARTS = {
    "large": large,
    "ranges": ranges,
    "others": others,
    "line": lambda *_: whole_line(),
}
"""The large raster first: the peak of memory is that of the process."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--only", choices=PARTS, help="one part of the bench")
    parser.add_argument("--gdal", help="interpreter with GDAL 3.13")
    options = parser.parse_args()
    python = gdal_python(options.gdal)
    if python is None:
        print("missing peer: GDAL 3.13 (gdal-wheel needs Python 3.12)")
    # Compiles before anything is timed; so many cells that it is the envelope.
    flat = np.zeros((90, 90), dtype=np.float32)
    cumulative_viewshed(flat, posts_rc=[[5, 5]] * 99, cell_size_m=30.0)
    for name, part in PARTS.items():
        if options.only in {None, name}:
            part(options, python)
    print("\n| what | goal | measured |\n|---|---|---|")
    for row in FOUND:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
