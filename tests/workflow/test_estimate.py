"""How long a run will take: counts that can be checked by hand, and more work takes longer."""

from dataclasses import replace

import pytest
from factories.projects import made_project

from frontline.inputs.layers import read_layers
from frontline.lines.front import read_fronts
from frontline.project.loader import load_project
from frontline.workflow.check import check
from frontline.workflow.estimate import Work, describe_work, estimate_seconds, estimate_work

WORK = Work(lines=2, vertices=2000, draws=200, distances=3, places=500, posts=400, cells=17_700)


def total(work):
    return sum(estimate_seconds(work).values())


def test_the_work_of_a_project_is_counted(tmp_path):
    project = load_project(made_project(tmp_path, draws=10, elevation=False))
    layers = read_layers(project)
    work = estimate_work(project, layers=layers, fronts=read_fronts(project, layers=layers))
    assert (work.lines, work.draws, work.distances, work.places) == (2, 10, 3, 5)
    assert (work.posts, work.cells) == (0, 0)
    assert work.road_km == pytest.approx(50 + 30, rel=0.01)


def test_posts_and_cells_follow_from_the_elevation(tmp_path):
    lines = check(made_project(tmp_path, draws=10))
    (said,) = (line for line in lines if line.startswith("work:"))
    # two lines of 44 km, a post every 200 m; a circle of 15 km holds 17,671 cells of 200 m
    assert "440 posts that look over 17,67" in said
    assert "A run takes about" in said


@pytest.mark.parametrize("name", ["vertices", "draws", "places", "posts", "cells"])
def test_more_work_takes_longer_and_never_more_than_in_proportion(name):
    more = replace(WORK, **{name: 10 * getattr(WORK, name)})
    assert total(WORK) < total(more) < 10 * total(WORK)


def test_a_long_run_says_what_would_make_it_shorter():
    short = describe_work(replace(WORK, vertices=100, draws=0, posts=0), speed=1.0)
    assert len(short) == 1
    assert "seconds on this machine" in short[0]
    long_ = describe_work(replace(WORK, vertices=1_000_000), speed=1.0)
    assert "fewer draws" in long_[1]
    many = describe_work(replace(WORK, vertices=100_000, posts=0), speed=1.0)
    assert "100,000 vertices in 200 draws" in many[0]
    assert "a line with fewer vertices" in many[1]
    seen = describe_work(replace(WORK, posts=1_000_000, cells=1_000_000), speed=1.0)
    assert "hours on this machine" in seen[0]
    assert "a coarser spacing_m" in seen[1]


def test_a_slower_machine_takes_longer():
    assert describe_work(WORK, speed=1.0) != describe_work(WORK, speed=5.0)
