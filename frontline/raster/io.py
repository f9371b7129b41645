"""Raster files: checked opening, windows, cloud-optimised GeoTIFF as output."""

from __future__ import annotations

import datetime as dt
import math
import stat
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyproj
import rasterio.shutil
import rasterio.warp
from pyproj.exceptions import CRSError, ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window as FileWindow

from frontline.errors import OutputError, RasterError, guard_library, to_one_line
from frontline.geo.datum import find_datum_doubt, has_named_datum, is_same_but_datum
from frontline.storage.offline import SETTINGS, forbid_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.records import RasterResult


forbid_network()

_CACHE_MB = 128


@dataclass(frozen=True)
class RasterGrid:
    """A grid to be written.

    Parameters
    ----------
    rows, cols
        Its size.
    transform, crs
        Where it lies, north up.
    dtype
        Of its cells, as ``uint8``.
    nodata
        Value of the cells that no window holds.
    """

    rows: int
    cols: int
    transform: Transform
    crs: str
    dtype: str
    nodata: float


def write_cog_by_windows(
    path: Path,
    *,
    grid: RasterGrid,
    pieces: Iterable[tuple[Window, NDArray[Any]]],
    name: str,
    date: dt.date,
    tags: Mapping[str, str],
) -> None:
    """Write a raster of one band of which no more than a window is in memory at once.

    Parameters
    ----------
    path
        The file to write. A second one of the same folder is used while it is made.
    grid
        Where and what the cells are.
    pieces
        Windows of the grid, inside it, and their cells; a later one is written over an earlier.
    name
        Of the band.
    date
        Stands in the file instead of the time of writing.
    tags
        Text to keep in the file's metadata.

    Raises
    ------
    OutputError
        The file cannot be written.

    Notes
    -----
    As `write_cog` writes it: the same bytes for the same content.
    """
    plain = path.with_name(f"{path.stem}-plain.tif")
    profile = {
        "driver": "GTiff",
        "count": 1,
        "dtype": grid.dtype,
        "height": grid.rows,
        "width": grid.cols,
        "crs": pyproj.CRS.from_user_input(grid.crs).to_wkt(),
        "transform": rasterio.Affine(*grid.transform),
        "nodata": grid.nodata,
        "tiled": True,
        "compress": "DEFLATE",
        "zlevel": 1,
        "bigtiff": "IF_SAFER",
    }
    stamped = dict(sorted(tags.items())) | {"TIFFTAG_DATETIME": f"{date:%Y:%m:%d} 00:00:00"}
    try:
        with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=_CACHE_MB):
            with rasterio.open(plain, "w", **profile) as dataset:
                for window, cells in pieces:
                    at = FileWindow(window.col, window.row, window.cols, window.rows)
                    dataset.write(cells, 1, window=at)
                dataset.update_tags(**stamped)
                dataset.set_band_description(1, name)
            rasterio.shutil.copy(plain, path, driver="COG", **make_cog_options(grid.dtype))
    except (RasterioError, OSError) as error:
        raise OutputError("cannot be written: is the disk full? Make room.", path=path) from error
    finally:
        plain.unlink(missing_ok=True)


def make_cog_options(dtype: np.dtype[Any] | str) -> dict[str, str]:
    """Say how cloud-optimised GeoTIFFs of a type are written."""
    return {
        "compress": "DEFLATE",
        "level": "9",
        "predictor": "3" if np.issubdtype(dtype, np.floating) else "2",
        "blocksize": "256",
        "overview_resampling": "NEAREST",
        "num_threads": "1",
        "bigtiff": "IF_SAFER",
    }


def check_extent(
    path: Path, *, bounds: tuple[float, float, float, float], step: float, crs: pyproj.CRS
) -> None:
    """Refuse a grid whose coordinates cannot be of its CRS.

    Parameters
    ----------
    path
        The file, as messages show it.
    bounds
        West, south, east, north in the CRS.
    step
        Size of a cell there: rasters of the whole earth reach up to a cell beyond the poles.
    crs
        Of the grid.

    Raises
    ------
    RasterError
        Degrees beyond the poles or more than a turn away, or a map projection with coordinates
        that look like degrees.
    """
    west, south, east, north = bounds
    if not crs.is_geographic:
        if max(abs(west), abs(east)) <= 360.0 and max(abs(south), abs(north)) <= 90.0 + step:
            raise RasterError(
                f"has coordinates that look like degrees, but its CRS is '{crs.name}'. "
                "Correct the CRS of the file.",
                path=path,
            )
        return
    degree = math.degrees(crs.axis_info[0].unit_conversion_factor)
    high, wide = max(abs(south), abs(north)) * degree, max(abs(west), abs(east)) * degree
    if high > 90.0 + step * degree or wide > 360.0 + 180.0:
        raise RasterError(
            f"reaches from ({west:.10g}, {south:.10g}) to ({east:.10g}, {north:.10g}), which is "
            f"nowhere in degrees ('{crs.name}'). Correct the CRS.",
            path=path,
        )


Transform = tuple[float, float, float, float, float, float]
Bounds = tuple[float, float, float, float]

MOST_CELLS = 64_000_000
"""Cells of the largest window that is read at once: 256 MB of float32."""

MOST_BLOCK_BYTES = 256_000_000
"""Bytes of the largest block (tile or strip) of a file, which is unpacked as a whole."""

_SAME_VALUE = 1e-6
"""Values of real numbers that part by less than this share of them are one and the same."""

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_CLOSED = {
    **{name: value for name, value in SETTINGS.items() if not name.startswith("PROJ_")},
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_NUM_THREADS": "1",
}
"""What lies beside a file (world files, .aux.xml, .ovr) is not read: only the file is hashed."""


class Window(NamedTuple):
    """A block of cells, counted from the north-western cell; it may reach outside the grid."""

    row: int
    col: int
    rows: int
    cols: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.cols


@dataclass(frozen=True)
class Raster:
    """An open raster of one band, north up.

    Parameters
    ----------
    path
        The file, as messages show it.
    rows, cols
        Size of the grid.
    transform
        ``(a, b, c, d, e, f)``, x = a col + c and y = e row + f, with a > 0, e < 0, b = d = 0,
        whatever the order of rows in the file.
    crs
        Horizontal coordinate reference system.
    unit, description
        What the file says about its band; often empty.
    dataset, south_up, nodata, empty
        The open file, whether its rows run northwards, a further value that means unknown, and
        what cells without a value hold (NaN where that is not known).
    """

    path: Path
    rows: int
    cols: int
    transform: Transform
    crs: pyproj.CRS
    unit: str
    description: str
    dataset: Any
    south_up: bool
    nodata: float | None
    empty: float = math.nan

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north edge in the raster's CRS."""
        return find_window_bounds(self.transform, window=Window(0, 0, self.rows, self.cols))

    @property
    def datum_doubt(self) -> str:
        """Why the grid may lie some hundred metres beside its place, in a sentence; or nothing."""
        return find_datum_doubt(self.crs)


@contextmanager
def open_raster(
    path: Path,
    *,
    crs: str | None = None,
    nodata: float | None = None,
    shown: str = "",
    opener: Any = None,
) -> Iterator[Raster]:
    """Open a GeoTIFF of one band, checked, and close it at the end of the block.

    Parameters
    ----------
    path
        A local file.
    crs
        The CRS of a file that does not state one. It must not contradict the file.
    nodata
        Value, as stored, that means unknown besides the file's own tag.
    shown
        The path as messages shall show it, such as the project writes it.
    opener
        Opens a file that is not on this computer for reading, by any name.

    Raises
    ------
    RasterError
        The file is missing, not regular, not a GeoTIFF, damaged, without CRS or position, rotated,
        of complex numbers, of several bands, or built of blocks too large to unpack.
    """
    name = Path(shown or path)
    if opener is None:
        _check_file(path, name)
    with rasterio.Env(**_CLOSED):
        with _name_file(name), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path, driver="GTiff", opener=opener)
        with dataset:
            with _name_file(name):
                raster = _describe_raster(name, dataset, crs, nodata)
            yield raster


def find_window(raster: Raster, *, bounds: Bounds, margin_cells: int = 0) -> Window:
    """Return the smallest window that covers bounds in the raster's CRS, and a margin.

    Parameters
    ----------
    raster
        The raster; the window is not clipped to it.
    bounds
        West, south, east, north.
    margin_cells
        Further cells on every side.

    Raises
    ------
    RasterError
        The bounds are not finite.
    """
    if not all(math.isfinite(edge) for edge in bounds):
        raise RasterError(
            "the area of interest has no place in its CRS. Reproject it: gdalwarp IN OUT.tif",
            path=raster.path,
        )
    a, _, c, _, e, f = raster.transform
    west, south, east, north = bounds
    # An edge that falls on a cell's edge up to rounding does not take one more cell.
    first_col = math.floor((west - c) / a + 1e-9) - margin_cells
    last_col = math.ceil((east - c) / a - 1e-9) + margin_cells
    first_row = math.floor((north - f) / e + 1e-9) - margin_cells
    last_row = math.ceil((south - f) / e - 1e-9) + margin_cells
    rows, cols = max(last_row - first_row, 1), max(last_col - first_col, 1)
    return Window(first_row, first_col, rows, cols)


def clip_window(raster: Raster, *, window: Window) -> Window | None:
    """Return the part of a window that lies on the raster, or None."""
    row, col = max(window.row, 0), max(window.col, 0)
    rows = min(window.row + window.rows, raster.rows) - row
    cols = min(window.col + window.cols, raster.cols) - col
    return Window(row, col, rows, cols) if rows > 0 and cols > 0 else None


def find_window_bounds(transform: Transform, *, window: Window) -> Bounds:
    """Return west, south, east, north of a window's outer edges."""
    a, _, c, _, e, f = transform
    west, north = c + a * window.col, f + e * window.row
    return west, north + e * window.rows, west + a * window.cols, north


def find_window_transform(transform: Transform, *, window: Window) -> Transform:
    """Return the transform of a window's own rows and columns."""
    a, b, c, d, e, f = transform
    return a, b, c + a * window.col, d, e, f + e * window.row


def read_window(
    raster: Raster, *, window: Window, dtype: type[np.floating[Any]] = np.float32
) -> NDArray[np.floating[Any]]:
    """Read a window with scale and offset applied; unknown and outside cells are NaN.

    Parameters
    ----------
    raster
        An open raster.
    window
        May reach outside the raster: what lies there is unknown.
    dtype
        float32 for heights; float64 for people, whose sums need it.

    Returns
    -------
    Array of shape ``(window.rows, window.cols)``, the northern row first.

    Raises
    ------
    RasterError
        The window has more than ``MOST_CELLS`` cells, or the file is damaged.
    """
    if window.cells > MOST_CELLS:
        raise RasterError(
            f"{window.rows:,} x {window.cols:,} cells are needed at once (at most "
            f"{MOST_CELLS:,}); the file has {raster.rows:,} x {raster.cols:,}. "
            "Use a coarser raster or a smaller study area.",
            path=raster.path,
        )
    values = np.full((window.rows, window.cols), np.nan, dtype=dtype)
    part = clip_window(raster, window=window)
    if part is not None:
        top, left = part.row - window.row, part.col - window.col
        values[top : top + part.rows, left : left + part.cols] = _read_part(raster, part, dtype)
    return values


def cut_blocks(window: Window, *, most_cells: int = 4_000_000) -> Iterator[Window]:
    """Cut a window into bands of whole rows, or narrower pieces, of limited size."""
    cols = min(window.cols, most_cells)
    rows = max(most_cells // cols, 1)
    for row in range(window.row, window.row + window.rows, rows):
        for col in range(window.col, window.col + window.cols, cols):
            height = min(rows, window.row + window.rows - row)
            yield Window(row, col, height, min(cols, window.col + window.cols - col))


def write_cog(
    path: Path,
    *,
    result: RasterResult,
    date: dt.date,
    tags: Mapping[str, str] | None = None,
    nodata: float | None = None,
    colours: Mapping[int, tuple[int, int, int, int]] | None = None,
) -> None:
    """Write a cloud-optimised GeoTIFF: the same bytes for the same content, every time.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    result
        One or more bands of one type and shape, on a north-up grid.
    date
        The one date of the run; it stands in the file instead of the time of writing.
    tags
        Further text to keep in the file's metadata.
    nodata
        Value that means unknown.
    colours
        Red, green, blue, opacity by value, for a single band of bytes.

    Raises
    ------
    OutputError
        The bands differ in shape or type, or the file cannot be written.

    Notes
    -----
    Bands are described by their names. Overviews take the nearest cell: an average of counts or
    of classes would be a value that no cell has.
    """
    bands = list(result.bands.values())
    if not bands or len({(band.shape, band.dtype) for band in bands}) != 1:
        raise OutputError("has bands of several shapes or types. Write them apart.", path=path)
    rows, cols = bands[0].shape
    profile = {
        "driver": "GTiff",
        "count": len(bands),
        "dtype": bands[0].dtype.name,
        "height": rows,
        "width": cols,
        "crs": pyproj.CRS.from_user_input(result.crs).to_wkt(),
        "transform": rasterio.Affine(*result.transform),
        "nodata": nodata,
    }
    stamped = dict(sorted((tags or {}).items())) | {"TIFFTAG_DATETIME": f"{date:%Y:%m:%d} 00:00:00"}
    with rasterio.Env(GDAL_NUM_THREADS="1"), MemoryFile() as plain, MemoryFile() as cog:
        with plain.open(**profile) as dataset:
            dataset.update_tags(**stamped)
            for number, (name, band) in enumerate(result.bands.items(), start=1):
                dataset.write(band, number)
                dataset.set_band_description(number, name)
            if colours is not None:
                dataset.write_colormap(1, dict(colours))
        with plain.open() as dataset:
            rasterio.shutil.copy(
                dataset, cog.name, driver="COG", **make_cog_options(bands[0].dtype)
            )
        # Built in memory: a full disk is then the system's own, clear error, not half a raster.
        try:
            path.write_bytes(cog.getbuffer())
        except OSError as error:
            raise OutputError(
                f"cannot be written ({error.strerror}). Make room, or name another.", path=path
            ) from error


@contextmanager
def _name_file(path: Path) -> Iterator[None]:
    """Turn the library's complaint about a file into ours, which names the file.

    A complaint that is no UTF-8 fails where nobody can catch it, and would be printed with a
    traceback; what is wrong with the file is told by the reading itself.
    """
    hooks = sys.excepthook, sys.unraisablehook
    with ExitStack() as stack:
        stack.enter_context(guard_library(RasterError, path=path, hint="Fetch or export it again."))
        stack.callback(_set_hooks, *hooks)
        _set_hooks(_say_nothing, _say_nothing)
        try:
            yield
        except RasterioError as error:
            raise RasterError(
                "cannot be read: the file is damaged or cut short (expected a whole GeoTIFF). "
                "Fetch or export it again.",
                path=path,
            ) from error


def _set_hooks(uncaught: Any, unraisable: Any) -> None:
    sys.excepthook, sys.unraisablehook = uncaught, unraisable


def _say_nothing(*_: object) -> None:
    """Take what nobody can catch."""


def _check_file(path: Path, name: Path) -> None:
    """Refuse what is not a local regular file that begins like a TIFF, before it is opened."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise RasterError(
            "there is no such file (expected a GeoTIFF on this computer). Correct the path, or "
            "download the raster first.",
            path=name,
        ) from error
    if not stat.S_ISREG(mode):
        raise RasterError("is not a regular file (expected a GeoTIFF). Name the file.", path=name)
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise RasterError(f"cannot be opened: {error.strerror}. Check it.", path=name) from error
    if not start:
        raise RasterError("is empty (expected a GeoTIFF). Fetch it again.", path=name)
    if start not in _MAGIC:
        raise RasterError(
            "is not a GeoTIFF, whatever its name says (told by its first bytes). "
            "Convert it: gdal_translate -of COG IN OUT.tif",
            path=name,
        )


def _describe_raster(path: Path, dataset: Any, crs: str | None, nodata: float | None) -> Raster:
    """Check an open file in the order in which a user would mend it, and describe it."""
    if dataset.count != 1:
        raise RasterError(
            f"has {dataset.count} bands (expected one). "
            "Extract the one you mean: gdal_translate -b 1 IN OUT.tif",
            path=path,
        )
    if np.issubdtype(np.dtype(dataset.dtypes[0]), np.complexfloating):
        raise RasterError("holds complex numbers (expected real ones). Name another.", path=path)
    block_rows, block_cols = dataset.block_shapes[0]
    if block_rows * block_cols * np.dtype(dataset.dtypes[0]).itemsize > MOST_BLOCK_BYTES:
        raise RasterError(
            f"has {dataset.height:,} x {dataset.width:,} cells in blocks of {block_rows:,} x "
            f"{block_cols:,} (at most {MOST_BLOCK_BYTES // 1_000_000} MB each). "
            "Rewrite it in tiles: gdal_translate -of COG IN OUT.tif",
            path=path,
        )
    transform, south_up = _turn_north_up(path, dataset)
    raster = Raster(
        path=path,
        rows=dataset.height,
        cols=dataset.width,
        transform=transform,
        crs=_find_crs(path, dataset, crs),
        unit=dataset.units[0] or "",
        description=dataset.descriptions[0] or "",
        dataset=dataset,
        south_up=south_up,
        nodata=nodata,
    )
    check_extent(path, bounds=raster.bounds, step=-transform[4], crs=raster.crs)
    try:
        pyproj.Transformer.from_crs(raster.crs, "EPSG:4326")
    except (ProjError, CRSError) as error:
        raise RasterError(
            f"has the CRS '{to_one_line(raster.crs.name)}', from which there is no way to WGS 84 "
            "here "
            "(of another planet, or by a grid that is not installed). Reproject it: gdalwarp "
            "-t_srs EPSG:4326 IN OUT.tif",
            path=path,
        ) from error
    return raster


def _turn_north_up(path: Path, dataset: Any) -> tuple[Transform, bool]:
    """Return the transform of the grid with its northern row first, and whether it was turned."""
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    if not all(math.isfinite(value) for value in (a, b, c, d, e, f)) or a * e - b * d == 0:
        raise RasterError(
            "has a grid of no size or place (its geotransform is not of finite numbers). "
            "Fetch or export it again.",
            path=path,
        )
    if dataset.transform.is_identity or (a, b, c, d, e, f) == (1.0, 0.0, 0.0, 0.0, -1.0, 0.0):
        raise RasterError(
            "does not say where it lies: no geotransform in the file (a world file beside it is "
            "not read). Write it in: gdal_translate -of COG IN OUT.tif",
            path=path,
        )
    if b != 0 or d != 0 or a < 0:
        raise RasterError(
            "has a rotated or mirrored grid (expected rows from west to east). "
            "Straighten it: gdalwarp IN OUT.tif",
            path=path,
        )
    if e > 0:
        return (a, b, c, d, -e, f + e * dataset.height), True
    return (a, b, c, d, e, f), False


def _find_crs(path: Path, dataset: Any, stated: str | None) -> pyproj.CRS:
    """Return the horizontal CRS: the file's, or the project's where the file has none.

    A file that names no datum, or a shift only (TOWGS84), may be named by the project, if the two
    are the same grid on some datum.
    """
    try:
        project_crs = pyproj.CRS.from_user_input(stated) if stated else None
    except CRSError as error:
        raise RasterError(
            f"'{stated}' is not a CRS (expected for example EPSG:4326). Correct it in the project.",
            path=path,
            field="crs",
        ) from error
    if dataset.crs is None:
        if project_crs is None:
            raise RasterError(
                'does not state its CRS. Add crs = "EPSG:..." to its table in the project.',
                path=path,
            )
        return _take_horizontal(path, project_crs)
    file_crs = _take_horizontal(path, pyproj.CRS.from_wkt(dataset.crs.to_wkt()))
    if project_crs is None or file_crs.equals(project_crs, ignore_axis_order=True):
        return file_crs
    project_crs = _take_horizontal(path, project_crs)
    if file_crs.equals(project_crs, ignore_axis_order=True):
        return file_crs
    if not has_named_datum(file_crs) and is_same_but_datum(
        file_crs, other=project_crs, xy=_list_corners(dataset)
    ):
        return project_crs
    raise RasterError(
        f"states the CRS '{file_crs.name}', the project '{project_crs.name}'. Remove crs from the "
        "project, or correct the file.",
        path=path,
        field="crs",
    )


def _list_corners(dataset: Any) -> NDArray[np.float64]:
    """Corners of a grid in its own CRS, shape ``(4, 2)``."""
    west, south, east, north = dataset.bounds
    return np.array([[west, south], [west, north], [east, south], [east, north]])


def _take_horizontal(path: Path, crs: pyproj.CRS) -> pyproj.CRS:
    """Return the horizontal part of a CRS, with its shift to WGS 84; refuse one that has none."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not (crs.is_geographic or crs.is_projected):
        raise RasterError(
            f"has the CRS '{crs.name}', which has no place on the Earth (expected degrees or a "
            "map projection). Reproject it: gdalwarp -t_srs EPSG:4326 IN OUT.tif",
            path=path,
        )
    return crs.to_2d()


def _read_part(
    raster: Raster, part: Window, dtype: type[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    """Read a window that lies on the raster."""
    row = raster.rows - part.row - part.rows if raster.south_up else part.row
    with _name_file(raster.path):
        stored = raster.dataset.read(
            1, window=FileWindow(part.col, row, part.cols, part.rows), masked=True
        )
    scale, offset = raster.dataset.scales[0], raster.dataset.offsets[0]
    unknown = np.ma.getmaskarray(stored)
    if raster.nodata is not None:
        unknown = unknown | _find_value(stored.data, raster.nodata)
    if raster.dataset.nodata is None:
        unknown = _mark_missing_blocks(raster, part._replace(row=row), unknown)
    values: NDArray[np.floating[Any]]
    if scale != 1.0 or offset != 0.0:
        values = (stored.data * np.float64(scale) + np.float64(offset)).astype(dtype)
    else:
        values = stored.data.astype(dtype)
    values[unknown | ~np.isfinite(values)] = raster.empty
    return values[::-1] if raster.south_up else values


def _find_value(stored: NDArray[Any], value: float) -> NDArray[np.bool_]:
    """Tell which cells hold a value, as their type can hold it: 3.4e38 of float32 has 7 digits."""
    if np.issubdtype(stored.dtype, np.floating):
        with np.errstate(over="ignore"):
            return np.asarray(
                np.isclose(stored, np.asarray(value, stored.dtype), rtol=_SAME_VALUE, atol=0.0)
            )
    return np.asarray(stored == value)


def _mark_missing_blocks(
    raster: Raster, stored_at: Window, unknown: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Take blocks that a sparse file does not hold for unknown: the library reads them as 0.

    ``stored_at`` counts rows as the file does.
    """
    high, wide = raster.dataset.block_shapes[0]
    row, col, rows, cols = stored_at
    missing = [
        (down * high - row, right * wide - col)
        for down in range(row // high, (row + rows - 1) // high + 1)
        for right in range(col // wide, (col + cols - 1) // wide + 1)
        if raster.dataset.get_tag_item(f"BLOCK_OFFSET_{right}_{down}", dm="TIFF", bidx=1) is None
    ]
    if missing:
        unknown = unknown.copy()
    for top, left in missing:
        unknown[max(top, 0) : top + high, max(left, 0) : left + wide] = True
    return unknown


def warp_array(
    values: NDArray[Any],
    *,
    transform: Transform,
    crs: str,
    onto: Transform,
    onto_crs: str,
    shape: tuple[int, int],
    smooth: bool,
) -> NDArray[Any]:
    """Reproject an array onto another grid, for a picture.

    Parameters
    ----------
    values, transform, crs
        The grid there is: shape ``(rows, cols)``, float32 (NaN where unknown) or uint8.
    onto, onto_crs, shape
        The grid wanted.
    smooth
        Interpolate bilinearly between cells (floats only), or over all cells of a coarser one;
        otherwise the value of the nearest cell.

    Returns
    -------
    Of the wanted shape and the type of `values`. Outside the grid, and where the nearest cell is
    unknown, floats are NaN: voids keep their size. Whole numbers are 0 outside.
    """
    from rasterio.enums import Resampling

    def warped(how: Resampling) -> NDArray[Any]:
        unknown = math.nan if values.dtype.kind == "f" else None
        out = np.full(shape, 0 if unknown is None else unknown, dtype=values.dtype)
        rasterio.warp.reproject(
            values,
            out,
            src_transform=rasterio.Affine(*transform),
            src_crs=crs,
            src_nodata=unknown,
            dst_transform=rasterio.Affine(*onto),
            dst_crs=onto_crs,
            dst_nodata=unknown,
            resampling=how,
        )
        return out

    nearest = warped(Resampling.nearest)
    if not smooth:
        return nearest
    mean = warped(Resampling.bilinear)
    np.copyto(mean, nearest, where=np.isnan(mean) | np.isnan(nearest))
    return mean
