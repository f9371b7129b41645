"""Progress in a log: one line per step, then one a minute with the time left."""

import json

from frontline import progress


def test_a_log_is_told_the_time_left(capsys):
    now = [0.0]
    tell = progress._make_line_progress(lambda: now[0])
    for seconds, done in ((0, 0), (10, 5), (59, 20), (61, 25), (70, 30), (121, 50), (1_000, 100)):
        now[0] = float(seconds)
        tell("looking", done, 100)
    now[0] = 2_000.0
    tell("looking", 100, 100)
    tell("writing files", 0, 0)
    assert capsys.readouterr().err.splitlines() == [
        "looking ...",
        "looking: 25%, about 3 min left",
        "looking: 50%, about 2 min left",
        "writing files ...",
    ]


def test_what_was_done_before_does_not_count_as_fast(capsys):
    now = [0.0]
    tell = progress._make_line_progress(lambda: now[0])
    tell("looking", 800, 1000)
    for seconds, done in ((61, 800), (3_600, 801), (3_700, 950)):
        now[0] = float(seconds)
        tell("looking", done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "looking ...",
        "looking: 80%",
        "looking: 80%, about 199 h left",
        "looking: 95%, about 21 min left",
    ]


def test_quiet_says_nothing(capsys):
    with progress.show_progress(quiet=True) as tell:
        tell("looking", 1, 2)
    assert capsys.readouterr().err == ""


def test_another_program_gets_an_object_per_line(capsys):
    """Where a stage begins, once a second, where it ends; null while its speed is not known."""
    now = [0.0]
    tell = progress._make_json_progress(lambda: now[0])
    for seconds, done in ((0, 0), (0.5, 1), (2, 20), (2.5, 30), (4, 40), (10, 100)):
        now[0] = float(seconds)
        tell("looking", done, 100)
    tell("writing files", 0, 3)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        {"stage": "looking", "done": 0, "total": 100, "eta_s": None},
        {"stage": "looking", "done": 20, "total": 100, "eta_s": 8.0},
        {"stage": "looking", "done": 40, "total": 100, "eta_s": 6.0},
        {"stage": "looking", "done": 100, "total": 100, "eta_s": 0.0},
        {"stage": "writing files", "done": 0, "total": 3, "eta_s": None},
    ]


def test_json_is_for_programs_wherever_standard_error_goes(capsys):
    with progress.show_progress(quiet=False, form="json") as tell:
        tell("looking", 0, 2)
    assert json.loads(capsys.readouterr().err)["stage"] == "looking"
