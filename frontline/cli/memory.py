"""Less memory reserved where the system allows little."""

from __future__ import annotations

import ctypes
import os
import sys
import threading

LITTLE = 4 * 2**30
"""Bytes of addresses below which a process is sparing with them."""
_ARENAS, _OWN_BLOCKS = -8, -3
"""Options of ``mallopt``: how many heaps there are, and from which size on memory is given back."""


def spare_addresses() -> None:
    """Reserve fewer addresses where the system limits them (``ulimit -v``).

    Notes
    -----
    The libraries reserve some 270 MB that a run never touches: heaps and stacks of threads, and
    buffers of linear algebra. Without a limit that costs nothing, and gains time.
    """
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit > LITTLE:
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    threading.stack_size(2**20)
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:  # a C library may do without
        set_option(_ARENAS, 1)
        set_option(_OWN_BLOCKS, 2**18)
