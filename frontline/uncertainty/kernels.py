"""Compiled loops: how far points lie from a line, and what a line that moves sweeps over."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from frontline.compiling import compile_and_keep

Function = TypeVar("Function", bound=Callable[..., Any])
Array = np.ndarray[Any, Any]

BLOCK = 8
"""Edges of a line that share a box, and boxes that share a larger one."""


def compiled(function: Function) -> Function:
    """Compile without Python's global lock, and keep the result for the next process."""
    return compile_and_keep(function, nogil=True, error_model="numpy")


@compiled
def edge_boxes(vertices: Array, head: Array, size: int) -> Array:
    """Bound runs of `size` edges by boxes: west, south, east, north, shape ``(b, 4)``."""
    count = (len(head) + size - 1) // size
    boxes = np.empty((count, 4))
    for box in range(count):
        west = south = math.inf
        east = north = -math.inf
        for edge in range(box * size, min(len(head), (box + 1) * size)):
            for end in (head[edge], head[edge] + 1):
                west = min(west, vertices[end, 0])
                east = max(east, vertices[end, 0])
                south = min(south, vertices[end, 1])
                north = max(north, vertices[end, 1])
        boxes[box, 0], boxes[box, 1], boxes[box, 2], boxes[box, 3] = west, south, east, north
    return boxes


@compiled
def square_to_edge(x: float, y: float, vertices: Array, start: int) -> float:
    """Square of the distance of a point from the edge that begins with a vertex."""
    from_x, from_y = vertices[start, 0], vertices[start, 1]
    step_x, step_y = vertices[start + 1, 0] - from_x, vertices[start + 1, 1] - from_y
    square = step_x * step_x + step_y * step_y
    part = 0.0
    if square > 0.0:
        part = ((x - from_x) * step_x + (y - from_y) * step_y) / square
        part = min(1.0, max(0.0, part))
    off_x, off_y = x - from_x - part * step_x, y - from_y - part * step_y
    return float(off_x * off_x + off_y * off_y)


@compiled
def square_to_box(x: float, y: float, box: Array) -> float:
    """Square of the distance of a point from a box; 0 inside it."""
    off_x = max(box[0] - x, 0.0, x - box[2])
    off_y = max(box[1] - y, 0.0, y - box[3])
    return float(off_x * off_x + off_y * off_y)


@compiled
def nearest_edges(
    vertices: Array, head: Array, xy: Array, first: Array, away: Array, nearest: Array
) -> None:
    """Find the nearest edge of a line to each point.

    Parameters
    ----------
    vertices, head
        The line: vertices ``(n, 2)``, and of each edge the number of its first one, ``(e,)``.
    xy
        Points, shape ``(m, 2)``.
    first
        Edge to begin with, a guess, shape ``(m,)``.
    away, nearest
        Written: distance in the plane and number of the edge, shape ``(m,)``.

    Notes
    -----
    Edges that follow each other lie near each other: boxes about eight of them, and about
    eight such boxes, tell what cannot hold the nearest one.
    """
    small = edge_boxes(vertices, head, BLOCK)
    large = edge_boxes(vertices, head, BLOCK * BLOCK)
    for point in range(len(xy)):
        x, y = xy[point, 0], xy[point, 1]
        found = first[point]
        best = square_to_edge(x, y, vertices, head[found])
        for outer in range(len(large)):
            if square_to_box(x, y, large[outer]) >= best:
                continue
            for inner in range(outer * BLOCK, min(len(small), (outer + 1) * BLOCK)):
                if square_to_box(x, y, small[inner]) >= best:
                    continue
                for edge in range(inner * BLOCK, min(len(head), (inner + 1) * BLOCK)):
                    square = square_to_edge(x, y, vertices, head[edge])
                    if square < best:
                        best, found = square, edge
        away[point] = math.sqrt(best)
        nearest[point] = found


@compiled
def bin_points(
    xy: Array, west: float, south: float, cell_m: float, columns: int, rows: int
) -> tuple[Array, Array]:
    """Sort points into cells: where each cell's points start ``(c + 1,)``, and their order."""
    cell = np.empty(len(xy), np.int64)
    start = np.zeros(columns * rows + 1, np.int64)
    for point in range(len(xy)):
        column = min(columns - 1, max(0, int((xy[point, 0] - west) / cell_m)))
        row = min(rows - 1, max(0, int((xy[point, 1] - south) / cell_m)))
        cell[point] = row * columns + column
        start[cell[point] + 1] += 1
    for number in range(columns * rows):
        start[number + 1] += start[number]
    free = start[:-1].copy()
    order = np.empty(len(xy), np.int64)
    for point in range(len(xy)):
        order[free[cell[point]]] = point
        free[cell[point]] += 1
    return start, order


@compiled
def turn_about(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> int:
    """Crossing of an edge with the ray from a point to the east: 1 upwards, -1 downwards."""
    if (ay <= y) == (by <= y):
        return 0
    hand = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
    if by > y and hand > 0:
        return 1
    if by <= y and hand < 0:
        return -1
    return 0


@compiled
def sweep_sides(
    old: Array,
    new: Array,
    left: Array,
    right: Array,
    xy: Array,
    start: Array,
    order: Array,
    corner: Array,
    cell_m: float,
    columns: int,
    rows: int,
    turned: Array,
) -> None:
    """Add up which sides points come to when edges move from one place to another.

    Parameters
    ----------
    old, new
        Edges before and after, shape ``(e, 2, 2)``: their two ends.
    left, right
        Number of the side on either hand, -1 for none, shape ``(e,)``.
    xy
        Points, shape ``(m, 2)``, sorted by `bin_points` into `start` and `order` from the
        `corner` on.
    turned
        Added to, shape ``(m, sides)``: a point that an edge passes from its left to its right
        loses the left side and gains the right one.
    """
    for edge in range(len(old)):
        ax, ay, bx, by = old[edge, 0, 0], old[edge, 0, 1], old[edge, 1, 0], old[edge, 1, 1]
        cx, cy, dx, dy = new[edge, 1, 0], new[edge, 1, 1], new[edge, 0, 0], new[edge, 0, 1]
        west, east = min(ax, bx, cx, dx), max(ax, bx, cx, dx)
        south, north = min(ay, by, cy, dy), max(ay, by, cy, dy)
        first = max(0, math.floor((west - corner[0]) / cell_m))
        last = min(columns - 1, math.floor((east - corner[0]) / cell_m))
        low = max(0, math.floor((south - corner[1]) / cell_m))
        high = min(rows - 1, math.floor((north - corner[1]) / cell_m))
        if first > last:
            continue
        for row in range(low, high + 1):
            for at in range(start[row * columns + first], start[row * columns + last + 1]):
                point = order[at]
                x, y = xy[point, 0], xy[point, 1]
                if x < west or x > east or y < south or y > north:
                    continue
                turn = (
                    turn_about(x, y, ax, ay, bx, by)
                    + turn_about(x, y, bx, by, cx, cy)
                    + turn_about(x, y, cx, cy, dx, dy)
                    + turn_about(x, y, dx, dy, ax, ay)
                )
                if turn != 0:
                    if left[edge] >= 0:
                        turned[point, left[edge]] -= turn
                    if right[edge] >= 0:
                        turned[point, right[edge]] += turn


@compiled
def settle_sides(base: Array, turned: Array, side: Array) -> None:
    """Write the side of each point: its own, unless another has more of it after all turns."""
    for point in range(len(base)):
        own = base[point]
        side[point] = own
        if own < 0:
            continue
        most = turned[point, own] + 1
        for number in range(turned.shape[1]):
            if number != own and turned[point, number] > most:
                most, side[point] = turned[point, number], number


@compiled
def areas_within(
    side: Array,
    other: Array,
    away: Array,
    size: Array,
    width: Array,
    distances: Array,
    areas: Array,
) -> None:
    """Add up the land of each side within each distance of a line, from squares.

    Parameters
    ----------
    side, other
        Side of each square's middle, and the side across the nearest edge; -1 for none, ``(m,)``.
    away
        Distance of the middle from the line, ``(m,)``.
    size, width
        Area and width of each square, ``(m,)``.
    distances
        Ascending, ``(k,)``; the last may be infinite, for the whole of a side.
    areas
        Added to, shape ``(sides, k)``.

    Notes
    -----
    The line is taken as straight within a square: land of the own side lies between
    ``max(0, away - width / 2)`` and ``away + width / 2`` from it, land of the other side within
    ``width / 2 - away`` behind it. So the sum changes smoothly as the line moves, and squares of
    a kilometre tell areas to a small part of one.
    """
    for point in range(len(side)):
        if side[point] < 0:
            continue
        half = width[point] / 2.0
        density = size[point] / width[point]
        near, far = max(0.0, away[point] - half), away[point] + half
        behind = half - away[point]
        for number in range(len(distances) - 1, -1, -1):
            distance = distances[number]
            if distance <= near:
                break
            areas[side[point], number] += density * (min(distance, far) - near)
        if behind > 0.0 and other[point] >= 0:
            for number in range(len(distances)):
                areas[other[point], number] += density * min(distances[number], behind)
