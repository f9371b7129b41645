"""Online tiles under the page, by choice: which server, what it learns, what it must be called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

OSM = "osm"
"""Short for the standard tiles of OpenStreetMap."""
OSM_URL = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
OSM_CREDIT = "© OpenStreetMap contributors"
OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"
OSM_POLICY = "https://operations.osmfoundation.org/policies/tiles/"
PLACES = ("{z}", "{x}", "{y}")
LOOPBACK = ("localhost", "127.0.0.1")
EXPECTED = f"(expected '{OSM}' or https://host/{{z}}/{{x}}/{{y}}.png)"


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


def tile_template(text: str) -> str:
    """Check what is given for a basemap.

    Parameters
    ----------
    text
        ``osm``, a template, or nothing.

    Returns
    -------
    The same text.

    Raises
    ------
    ValueError
        It is no template that a page can carry: another scheme than https (http only on this
        machine), a name and password, other placeholders, or characters that could end the
        rule of the page's content policy.
    """
    if text in {"", OSM}:
        return text
    fault = _fault(text)
    if fault:
        raise ValueError(f"{fault} {EXPECTED}. Correct it.")
    return text


def _fault(text: str) -> str:
    """Say what is wrong with a template, or nothing."""
    if not re.fullmatch(r"[A-Za-z0-9\-._~:/?&=%+@{}]+", text):
        return "holds a character that an address of tiles does not need"
    if [text.count(place) for place in PLACES] != [1, 1, 1] or text.count("{") != len(PLACES):
        return "does not name {z}, {x} and {y}, once each"
    parts = urlsplit(text)
    if "@" in parts.netloc:
        return "holds a user name, which every reader of the page would see"
    if not re.fullmatch(r"[a-z0-9.\-]+(:[0-9]{1,5})?", parts.netloc):
        return "does not name a server in small letters"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return ""
    return "is not an https address, so that anyone on the way could see where a reader looks"


def basemap(template: str, credit: str = "") -> Basemap | None:
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


def warning(tiles: Basemap) -> str:
    """Return what the analyst must know before the page is handed on."""
    rules = f" Its rules of use: {tiles.policy}." if tiles.policy else ""
    return (
        f"the page offers tiles of {tiles.host}. They tell that server where a reader looks; the "
        f"page loads none before its reader has read this and agreed.{rules}"
    )
