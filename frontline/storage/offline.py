"""GDAL and PROJ without a network: what a file asks for by address is not fetched."""

from __future__ import annotations

import os
import sys

_UNREACHABLE = "127.0.0.1:0"
"""A proxy that nobody can be: no connection is even tried."""

SETTINGS = {
    "GDAL_HTTP_PROXY": _UNREACHABLE,
    "GDAL_HTTPS_PROXY": _UNREACHABLE,
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
    "CPL_VSIL_CURL_USE_HEAD": "NO",
    "CPL_CURL_GZIP": "NO",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "PROJ_NETWORK": "OFF",
}
"""Options of GDAL and PROJ that keep them off the network and from running code of a file."""


def forbid_network() -> None:
    """Turn off the network of every GDAL and PROJ of this process.

    Notes
    -----
    Called before pyogrio or rasterio are imported: each wheel carries a GDAL of its own, and both
    read the environment. What was imported before is told by its own options as well. Files are
    looked at before GDAL sees them; this is the second wall, not the first. Downloads of
    ``frontline fetch`` do not go through GDAL.
    """
    os.environ.update(SETTINGS)
    options = {name: value for name, value in SETTINGS.items() if name != "PROJ_NETWORK"}
    if "pyogrio" in sys.modules:
        sys.modules["pyogrio"].set_gdal_config_options(options)
    if "pyproj" in sys.modules:
        import pyproj

        pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
