"""Progress in a log: one line per step, then one a minute with the time left."""

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
