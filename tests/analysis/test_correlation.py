"""What intervals would be, were a line's error alike over less or more of it."""

import pandas as pd
import pytest
from factories.projects import made_project

import frontline
from frontline.analysis.correlation import CORRELATION, note_correlation


def computed(folder, **options):
    return frontline.compute(
        frontline.load_project(made_project(folder, elevation=False, **options))
    )


def test_the_length_over_which_error_is_alike_moves_intervals(tmp_path):
    results = computed(tmp_path, draws=30, error_m=500)
    table = results.further["correlation"]
    assert list(table.columns) == CORRELATION.names
    lines = results.lines.set_index("line")["length_km"]
    for line, rows in table.groupby("line"):
        one = rows.set_index(["figure", "side"])
        assert (9.0 * rows["shorter_m"]).to_numpy() == pytest.approx(rows["longer_m"].to_numpy())
        assert one.loc[("length", ""), "value"] == lines[line]
        sides = one.loc["side"]
        # What moves the whole line moves a side by more than what moves it here and there.
        wide = sides["high_longer"] - sides["low_longer"]
        narrow = sides["high_shorter"] - sides["low_shorter"]
        assert (wide > 1.3 * narrow).all()
    known = table.dropna(subset=["value", "low"])
    for end in ("", "_shorter", "_longer"):
        assert (known[f"low{end}"] <= known["value"]).all()
        assert (known["value"] <= known[f"high{end}"]).all()
    notes = [note.text for note in results.notes if "which nobody measured" in note.text]
    assert len(notes) == table["line"].nunique()
    assert "alike over 5.0 km" in notes[0]
    assert "if over 1.7 km and" in notes[0]
    assert "if over 15.0 km" in notes[0]


def test_a_project_gives_the_range_itself(tmp_path):
    path = made_project(tmp_path, elevation=False, draws=5, error_m=500)
    text = path.read_text(encoding="utf-8")
    given = text.replace("error_m = 500", "error_m = 500\nerror_correlation_range_m = [2000, 9000]")
    assert given != text
    path.write_text(given, encoding="utf-8")
    results = frontline.compute(frontline.load_project(path))
    table = results.further["correlation"]
    assert set(table["shorter_m"]) == {2_000.0}
    assert set(table["longer_m"]) == {9_000.0}
    text = next(note.text for note in results.notes if "which nobody measured" in note.text)
    assert "if over 2.0 km and" in text
    assert "if over 9.0 km" in text


def test_a_line_without_error_or_copies_has_no_such_row(tmp_path):
    assert "correlation" not in computed(tmp_path, draws=0, error_m=500).further
    assert note_correlation(pd.DataFrame(columns=CORRELATION.names)) == ()
