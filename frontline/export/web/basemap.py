"""Online tiles under the page, by choice: which server, what it learns, what it must be called."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from frontline.project.types import OSM, OSM_URL

OSM_CREDIT = "© OpenStreetMap contributors"
OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"
OSM_POLICY = "https://operations.osmfoundation.org/policies/tiles/"


@dataclass(frozen=True)
class Basemap:
    """Tiles of a server.

    Parameters
    ----------
    url
        Template with {z}, {x} and {y}.
    origin
        Scheme and host, as a content policy names them.
    host
        What a reader is told.
    credit
        Whom to name on the map.
    copyright, policy
        Addresses of the licence and of the rules of use; empty where they are not known.
    """

    url: str
    origin: str
    host: str
    credit: str
    copyright: str = ""
    policy: str = ""


def find_basemap(template: str, *, credit: str = "") -> Basemap | None:
    """Return the tiles of a project, or None if it wants none.

    Parameters
    ----------
    template
        From `tile_template`.
    credit
        Whom to name; without it the server's name stands on the map.
    """
    if not template:
        return None
    if template == OSM:
        host = urlsplit(OSM_URL).netloc
        return Basemap(
            OSM_URL, f"https://{host}", host, credit or OSM_CREDIT, OSM_COPYRIGHT, OSM_POLICY
        )
    parts = urlsplit(template)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Basemap(template, origin, parts.netloc, credit or f"Tiles: {parts.netloc}")


def warn_of_basemap(tiles: Basemap) -> str:
    """Return what the analyst must know before the page is handed on."""
    rules = f" Its rules of use: {tiles.policy}." if tiles.policy else ""
    return (
        f"the page offers tiles of {tiles.host}. They tell that server where a reader looks; the "
        f"page loads none before its reader has read this and agreed.{rules}"
    )
