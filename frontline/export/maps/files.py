"""Maps as files: PNG and PDF sheets of a run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from frontline.export.maps.canvas import DPI, Paper, use_plain_style
from frontline.export.maps.layout import LANDSCAPE
from frontline.export.maps.sheets import draw_sheet, find_sheet_size, list_sheets

if TYPE_CHECKING:
    from frontline.results.model import Results


def write_map_png(
    results: Results, path: FilePath, *, inputs_hash: str, sheet: str = "map"
) -> None:
    """Write one sheet as a picture of an A4 page at 200 dots per inch.

    Parameters
    ----------
    results
        Of a run.
    path
        The file, which is overwritten.
    inputs_hash
        Printed at the foot of the sheet.
    sheet
        ``map`` (detailed zone and regional context), ``pair`` (every line beside the others),
        ``exposure`` (posts in sight) or ``chart`` (people against distance).
    """
    buffer, page = io.BytesIO(), find_sheet_size(results)
    with _draw_figure(results, sheet, inputs_hash, page) as figure:
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    path.write_bytes(buffer.getvalue())
    _keep_drawn(results)[sheet, inputs_hash, page] = buffer.getvalue()


def write_map_pdf(results: Results, path: FilePath, *, inputs_hash: str) -> None:
    """Write every sheet that the results allow as pages of one PDF, in vectors."""
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    undated = {"CreationDate": None, "Creator": None, "Producer": None}
    with use_plain_style(), PdfPages(buffer, metadata=undated) as pages:
        for sheet in list_sheets(results):
            with _draw_figure(results, sheet, inputs_hash, find_sheet_size(results)) as figure:
                pages.savefig(figure)
    path.write_bytes(buffer.getvalue())


def draw_picture(results: Results, *, sheet: str, inputs_hash: str) -> bytes:
    """Draw one sheet, 297 mm wide, as a small picture (JPEG) to be written into a page.

    Parameters
    ----------
    results
        Of a run.
    sheet
        As in `write_map_png`.
    inputs_hash
        Printed at the foot of the sheet.
    """
    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": 80, "optimize": True, "subsampling": 0}
    drawn = _keep_drawn(results).get((sheet, inputs_hash, LANDSCAPE))
    if drawn is not None:  # a sheet has no transparent place
        picture = Image.open(io.BytesIO(drawn)).convert("RGB")
        picture.save(buffer, format="jpeg", dpi=(DPI, DPI), **options)
        return buffer.getvalue()
    with _draw_figure(results, sheet, inputs_hash, LANDSCAPE) as figure:
        figure.savefig(buffer, format="jpeg", dpi=DPI, pil_kwargs=options)
    return buffer.getvalue()


def _keep_drawn(results: Results) -> dict[tuple[str, str, tuple[float, float]], bytes]:
    """Give the place where sheets are kept that are drawn, by sheet, inputs and size (PNG)."""
    drawn: dict[tuple[str, str, tuple[float, float]], bytes] = {}
    return results.compute_once("sheets", compute=lambda: drawn)


@contextmanager
def _draw_figure(
    results: Results, sheet: str, inputs_hash: str, page: tuple[float, float]
) -> Iterator[Figure]:
    """Draw a sheet, and give its memory back when it is written.

    The parts of a figure refer to each other: left alone, the pixels of sheet after sheet would
    stay until Python looks for such rings. Emptied they are gone at once; `Axes.clear` would make
    new axes first.
    """
    width, height = page
    with use_plain_style():
        figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        over = figure.add_axes((0, 0, 1, 1), zorder=5)
        over.set(xlim=(0, width), ylim=(0, height))
        over.axis("off")
        draw_sheet(Paper(figure, over, page), results=results, sheet=sheet, inputs_hash=inputs_hash)
        try:
            yield figure
        finally:
            for part in (*figure.axes, figure, canvas):
                part.__dict__.clear()
