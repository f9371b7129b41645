"""Sight against its peers, in one run on one machine: time, wrong cells, memory.

Usage: python tests/bench/bench_sight.py [--runs 5] [--posts 100] [--large] [--line] [--gdal PYTHON]

Figures are medians of alternating runs; what counts is the ratios. GDAL is run in two processes
at once, its best, through an interpreter that has `gdal-wheel` (found in `.bench/`, made there if
Python 3.12 is at hand). A peer that is missing is named.
"""

from __future__ import annotations

import argparse
import importlib.util
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

from frontline.sight import sight_lines, visible_counts  # noqa: E402  the checkout, not an install

CELL, RADIUS = 30.0, 15_000.0


def synthetic_range(size=4000, seed=7):
    """A seeded mountain range: noise whose power falls with the frequency, relief about 3 km."""
    rng = np.random.default_rng(seed)
    across, down = np.fft.rfftfreq(size, CELL), np.fft.fftfreq(size, CELL)
    frequency2 = down[:, None] ** 2 + across[None] ** 2 + (1 / 20_000.0) ** 2
    phases = rng.normal(size=frequency2.shape) + 1j * rng.normal(size=frequency2.shape)
    z = np.fft.irfft2(phases * frequency2**-0.95, s=(size, size))
    return np.round(z / z.std() * 450.0 + 1500.0, 1).astype(np.float32)


def trinidad():
    """The real elevation model beside the checkout, or None; its cells are taken as 90 m."""
    path = ROOT.parent / "shared" / "data" / "trinidad_colorado_usgs_3s_m.tif"
    if not path.exists():
        return None
    import rasterio

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
    visible_counts(z, posts, cell_size_m=cell, max_distance_m=RADIUS, threads=threads)
    return time.perf_counter() - began, time.process_time() - spent


def exact_cells(z, post, cell):
    """What a ray to every cell finds: the reference, visible and within the radius."""
    targets = np.argwhere(np.ones(z.shape, dtype=bool))
    offsets = (targets - post) * cell
    targets = targets[(offsets**2).sum(axis=1) <= RADIUS**2]
    state = sight_lines(z, [post], targets, cell_size_m=cell).visible
    return targets, state == 1


def wrong_shares(found, targets, truth):
    """False and missed cells as shares of the visible ones."""
    found = found[targets[:, 0], targets[:, 1]]
    visible = truth.sum()
    return (found & ~truth).sum() / visible, (truth & ~found).sum() / visible


def terrain(name, z, cell, options, python):
    posts = along(z.shape, options.posts, 0.05 * z.shape[0])
    targets, truth = exact_cells(z, posts[0], cell)
    one = visible_counts(z, posts[:1], cell_size_m=cell, max_distance_m=RADIUS).seen > 0
    false, missed = wrong_shares(one, targets, truth)
    print(f"\n{name}: {z.shape[0]} x {z.shape[1]} cells of {cell:g} m, {len(posts)} posts")
    print(f"  visible cells per disc    {truth.sum():,} of {len(truth):,}")
    print(f"  frontline  false {false:.4%}, missed {missed:.4%} of the visible cells")
    ours, singles, peers = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for run in range(options.runs):
            ours.append(our_seconds(z, posts, cell, 2))
            singles.append(our_seconds(z, posts, cell, 1))
            if python:
                peers.append(gdal_seconds(python, z, posts, cell, folder, folder / "out.npy"))
            if python and run == 0:
                false, missed = wrong_shares(np.load(folder / "out.npy"), targets, truth)
                print(f"  GDAL       false {false:.4%}, missed {missed:.4%} of the visible cells")
    (two, two_cpu), (single, _) = medians(ours), medians(singles)
    each = 1e3 / len(posts)
    print(f"  frontline  {two * each:.2f} ms a post on two threads, end to end")
    print(f"             {two_cpu * each:.2f} ms of processor time")
    print(f"  two threads against one   {single / two:.2f} x")
    if peers:
        peer, peer_cpu = medians(peers)
        print(f"  GDAL       {peer * each:.2f} ms a post on two processes")
        print(f"             {peer_cpu * each:.2f} ms of processor time")
        print(f"  ratio      {peer / two:.1f} x by the clock, {peer_cpu / two_cpu:.1f} x processor")


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
            visible_counts(
                z, [[600, 600]] * 4, cell_size_m=CELL, observer_height_m=height, threads=1
            )
            spent.append((time.process_time() - began) / 4)
        print(f"  worst case {name}: {statistics.median(spent) * 1e3:.1f} ms a post, one thread")


def summits(z, options):
    tops = z.reshape(z.shape[0] // 80, 80, -1, 80).max(axis=(1, 3)).ravel()
    places = np.argwhere(np.isin(z, np.sort(tops)[-24:]))[:24]
    spent = medians([our_seconds(z, places, CELL, 2) for _ in range(options.runs)])
    clock, processor = (value / len(places) * 1e3 for value in spent)
    print(f"  posts on summits          {clock:.2f} ms on two threads, processor {processor:.2f}")


def growth(z, options):
    for number in (50, 100, 200):
        spent = our_seconds(z, along(z.shape, number, 600), CELL, 2)[1]
        print(
            f"  {number:4d} posts                {spent / number * 1e3:.2f} ms of processor a post"
        )
    for radius in (3_750.0, 7_500.0, 15_000.0):
        posts = along(z.shape, options.posts, 600)
        began = time.process_time()
        visible_counts(z, posts, cell_size_m=CELL, max_distance_m=radius, threads=2)
        spent = (time.process_time() - began) / len(posts)
        print(f"  radius {radius / 1e3:6.2f} km          {spent * 1e3:.2f} ms of processor a post")


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
        sight_lines(z, starts, ends, cell_size_m=CELL)
        spent.append(time.process_time() - began)
    rate = len(starts) / statistics.median(spent)
    print(f"  sight_lines               {rate / 1e6:.2f} million rays a second, one core")
    began = time.process_time()
    sight_lines(z, starts + 0.37, ends, cell_size_m=CELL)
    between = len(starts) / (time.process_time() - began)
    print(f"    from between the cells  {between / 1e6:.2f} million")
    if python:
        with tempfile.TemporaryDirectory() as scratch:
            few = posts[np.hypot(*(posts - posts[1200]).T) * CELL <= RADIUS]
            _, seconds = gdal_seconds(python, z, few, CELL, Path(scratch), "--lines")
        peer = len(few) / seconds
        print(f"  GDAL IsLineOfSightVisible {peer:,.0f} rays a second, ratio {rate / peer:.0f} x")


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
    if shutil.which("grass"):
        print(f"  GRASS r.viewshed          {grass_seconds(part, at):.2f} s a post")
    if importlib.util.find_spec("xrspatial"):
        import xarray
        from xrspatial import viewshed

        y, x = np.arange(part.shape[0])[::-1] * CELL, np.arange(part.shape[1]) * CELL
        raster = xarray.DataArray(part.astype(float), coords={"y": y, "x": x}, dims=["y", "x"])
        began = time.perf_counter()
        viewshed(raster, x=x[at[1]], y=y[at[0]], observer_elev=2, target_elev=2)
        print(f"  xarray-spatial            {time.perf_counter() - began:.2f} s a post")


def grass_seconds(part, at):
    """Seconds of r.viewshed itself, in a project that is thrown away."""
    rows, cols = part.shape
    with tempfile.TemporaryDirectory() as scratch:
        part.tofile(Path(scratch) / "z.bin")
        north, east = rows * CELL, cols * CELL
        spot = f"{(at[1] + 0.5) * CELL},{north - (at[0] + 0.5) * CELL}"
        script = (
            f"r.in.bin -f --quiet input={scratch}/z.bin output=z bytes=4 rows={rows} cols={cols}"
            f" north={north} south=0 east={east} west=0 && g.region raster=z && date +%s.%N &&"
            f" r.viewshed -b -c -r --quiet input=z output=v coordinates={spot} observer_elevation=2"
            f" target_elevation=2 max_distance={RADIUS} refraction_coeff=0.13 && date +%s.%N"
        )
        command = ["grass", "--tmp-location", "XY", "--exec", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    began, ended = (float(line) for line in done.stdout.split() if line.replace(".", "").isdigit())
    return ended - began


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
    if python is None:
        return
    with tempfile.TemporaryDirectory() as scratch:
        times = gdal_seconds(python, z, posts[::12], CELL, Path(scratch))
    clock, processor = (12 * value for value in times)
    print(f"  GDAL two processes {clock:.1f} s, processor {processor:.1f} s (12th post x 12)")
    print(f"  ratio {clock / seconds:.1f} x by the clock, {processor / spent:.1f} x processor")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--large", action="store_true", help="only 8000 x 6700 with 2,400 posts")
    parser.add_argument("--line", action="store_true", help="only the line of 330 km")
    parser.add_argument("--gdal", help="interpreter with GDAL 3.13")
    options = parser.parse_args()
    python = gdal_python(options.gdal)
    if python is None:
        print("missing peer: GDAL 3.13 (gdal-wheel needs Python 3.12)")
    if importlib.util.find_spec("xrspatial") is None:
        print("missing peer: xarray-spatial")
    if shutil.which("grass") is None:
        print("missing peer: GRASS r.viewshed")
    visible_counts(np.zeros((40, 40), dtype=np.float32), [[5, 5]], cell_size_m=CELL)
    if options.large:
        large(options, python)
        return
    if options.line:
        whole_line()
        return
    z = synthetic_range()
    terrain("synthetic range", z, CELL, options, python)
    summits(z, options)
    growth(z, options)
    many_lines(z, options, python)
    other_peers(z)
    worst_cases(options)
    real = trinidad()
    if real is None:
        print("missing terrain: trinidad")
    else:
        terrain("trinidad", real, 90.0, options, python)
    whole_line()


if __name__ == "__main__":
    main()
