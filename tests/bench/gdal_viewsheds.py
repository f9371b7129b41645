"""Run GDAL's viewshed for some posts; called by bench_sight.py with an interpreter that has GDAL.

Usage: python gdal_viewsheds.py heights.npy posts.npy cell_m radius_m out.npy

Prints the seconds that the loop took, by the clock and of processor time. `out.npy` receives the
visible cells (bool) of the first post, over the whole raster. With `--lines` in its place the lines
of sight between the posts are timed instead.
"""

import sys
import time

import numpy as np
from osgeo import gdal

gdal.UseExceptions()

CURVATURE = 0.87


def main(heights_path, posts_path, cell, radius, out):
    heights = np.load(heights_path)
    posts = np.load(posts_path)
    rows, cols = heights.shape
    source = gdal.GetDriverByName("MEM").Create("", cols, rows, 1, gdal.GDT_Float32)
    source.SetGeoTransform([0, cell, 0, 0, 0, -cell])
    band = source.GetRasterBand(1)
    band.WriteArray(heights)
    if out == "--lines":
        lines(band, posts)
        return
    counts = np.zeros(heights.shape, dtype=np.uint16)
    began, spent = time.perf_counter(), time.process_time()
    for number, (row, col) in enumerate(posts.tolist()):
        x, y = (col + 0.5) * cell, -(row + 0.5) * cell
        done = gdal.ViewshedGenerate(
            band, "MEM", "", [], x, y, 2.0, 2.0, 1, 0, 0, 0, CURVATURE, 2, radius
        )
        seen = done.GetRasterBand(1).ReadAsArray()
        left, _, _, top, _, _ = done.GetGeoTransform()
        top, left = round(-top / cell), round(left / cell)
        counts[top : top + seen.shape[0], left : left + seen.shape[1]] += seen
        if number == 0 and out != "-":
            np.save(out, counts > 0)
    print(time.perf_counter() - began, time.process_time() - spent)


def lines(band, posts):
    heights = band.ReadAsArray()
    target = posts[len(posts) // 2]
    began, spent = time.perf_counter(), time.process_time()
    for row, col in posts.tolist():
        gdal.IsLineOfSightVisible(
            band,
            col,
            row,
            float(heights[row, col]) + 2,
            int(target[1]),
            int(target[0]),
            float(heights[tuple(target)]) + 2,
        )
    print(time.perf_counter() - began, time.process_time() - spent)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
