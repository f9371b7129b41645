"""Work on threads: the same as a plain loop, whatever the number of workers."""

import threading
import time

import numpy as np
import pytest
import shapely

from frontline.errors import FrontlineError
from frontline.executor import count_workers, limit_workers, map_pieces


def buffer_bytes(distance_m):
    line = shapely.LineString([(0, 0), (3, 1), (7, 0)])
    return shapely.to_wkb(shapely.buffer(line, distance_m))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_bytes_of_a_loop(workers):
    distances = list(np.linspace(0.1, 9.0, 23))
    assert map_pieces(buffer_bytes, distances, workers=workers) == list(
        map(buffer_bytes, distances)
    )


def test_results_stand_in_the_order_of_the_pieces():
    """The first piece ends last."""
    last = threading.Event()

    def wait(piece):
        if piece == 0:
            assert last.wait(5)
        if piece == 3:
            last.set()
        return piece

    assert map_pieces(wait, range(4), workers=2) == [0, 1, 2, 3]


def test_pieces_run_side_by_side():
    """Each of two waits for the other."""
    both = threading.Barrier(2, timeout=5)
    assert sorted(map_pieces(lambda _: both.wait(), range(2), workers=2)) == [0, 1]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_error_in_order_is_raised_and_the_rest_not_begun(workers):
    begun = []

    def fail(piece):
        begun.append(piece)
        if piece == 1:
            time.sleep(0.05)
        if piece in (1, 2):
            raise ValueError(piece)
        if piece > 2:
            time.sleep(0.02)

    with pytest.raises(ValueError, match=r"^1$"):
        map_pieces(fail, range(500), workers=workers)
    assert len(begun) < 50
    assert not any(t.name.startswith("ThreadPool") for t in threading.enumerate())


def test_an_interruption_begins_no_other_piece():
    begun = []

    def interrupt(piece):
        begun.append(piece)
        time.sleep(0.01)
        if piece == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map_pieces(interrupt, range(500), workers=2)
    assert len(begun) < 50


def test_work_inside_work_uses_its_own_thread():
    """With as many outer pieces as threads, inner ones would otherwise wait for ever or crowd."""

    def inner(_):
        return threading.get_ident()

    def outer(_):
        return threading.get_ident(), set(map_pieces(inner, range(3))), count_workers()

    for own, inside, count in map_pieces(outer, range(4), workers=2):
        assert inside == {own}
        assert count == 1


def test_a_limit_holds_within_and_an_explicit_number_before_it():
    usual = count_workers()
    with limit_workers(3):
        assert count_workers() == 3
        assert count_workers(5) == 5
        with limit_workers(None):
            assert count_workers() == 3
    assert count_workers() == usual


@pytest.mark.parametrize("workers", [0, -1])
def test_less_than_one_worker_is_refused(workers):
    with pytest.raises(FrontlineError, match="expected 1 or more"):
        map_pieces(abs, [1, 2], workers=workers)
    with pytest.raises(FrontlineError, match="expected 1 or more"), limit_workers(workers):
        pass


def test_what_numpy_does_about_invalid_values_holds_in_threads():
    def divide(piece):
        return np.isinf((np.array([piece + 1.0]) / np.array([0.0]))[0])

    with np.errstate(divide="ignore"):
        assert all(map_pieces(divide, range(4), workers=2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        map_pieces(divide, range(4), workers=2)
