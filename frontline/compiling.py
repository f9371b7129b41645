"""Loops compiled by Numba, and kept for the next process wherever something can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import config, njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compile_and_keep(function: Function, **options: Any) -> Function:
    """Compile a function when it is first called, and keep the machine code.

    Parameters
    ----------
    function
        In the subset of Python that Numba knows.
    options
        Of `numba.njit`.

    Notes
    -----
    The code is kept beside the module, where the installation can be written to, else in the
    user's folder for caches: Numba finds out which. Where neither can be, as in a container of
    another user, it is kept under ``FRONTLINE_CACHE`` if that is set; else each process compiles
    anew. ``NUMBA_CACHE_DIR`` names a place before all others.
    """
    try:
        return cast("Function", njit(cache=True, **options)(function))
    except RuntimeError:
        named = os.environ.get("FRONTLINE_CACHE")
        if not named or config.CACHE_DIR:
            return cast("Function", njit(**options)(function))
    config.CACHE_DIR = str(Path(named).absolute() / "numba")
    return compile_and_keep(function, **options)
