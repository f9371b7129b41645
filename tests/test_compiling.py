"""Where compiled code is kept when the usual places cannot be written to."""

import numba
import pytest

from frontline import compiling


def add_one(number):
    return number + 1


@pytest.fixture
def unwritable(monkeypatch):
    """Let Numba find no place of its own, as in a container of another user."""

    def njit(*, cache=False, **options):
        if cache and not numba.config.CACHE_DIR:
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(cache=cache, **options)

    monkeypatch.setattr(compiling, "njit", njit)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")


def test_code_is_kept_in_the_named_cache_where_no_usual_place_can_be_written(
    unwritable, monkeypatch, tmp_path
):
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path))
    assert compiling.compile_and_keep(add_one)(2) == 3
    assert list((tmp_path / "numba").rglob("*.nbc"))


def test_code_that_can_be_kept_nowhere_is_compiled_all_the_same(unwritable, monkeypatch, tmp_path):
    monkeypatch.delenv("FRONTLINE_CACHE")
    assert compiling.compile_and_keep(add_one)(2) == 3
    assert not list(tmp_path.iterdir())
