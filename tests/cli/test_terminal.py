"""What the terminal gets: plain text, whatever the data say; and no run over its own inputs."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories.layers import made, places, write
from hypothesis import given
from hypothesis import strategies as st

from frontline.cli import main as cli
from frontline.cli.terminal import escape_controls, start_log
from frontline.errors import OutputError, ProjectError
from frontline.export.publish import MANIFEST, prepare_output, refuse_inputs, verify
from frontline.project.loader import find_claims_file, load_project
from frontline.workflow.pack import pack


def called(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "frontline", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | {"PYTHONUTF8": "1"},
        check=False,
    )


@given(st.text())
def test_nothing_that_moves_a_cursor_is_left(text):
    shown = escape_controls(text)
    assert not any(ord(char) < 32 and char != "\n" for char in shown)
    assert not any(0x7F <= ord(char) < 0xA0 for char in shown)
    assert "\u202e" not in shown


def test_letters_of_every_script_stay_as_they_are():
    for text in ("Şuşa", "Հադրութ", "می\u200cخواهم", "दिल्ली", "北京市", "two\nlines"):
        assert escape_controls(text) == text
    assert escape_controls("\x1b[31mred\x9b\u202e") == "\\u001b[31mred\\u009b\\u202e"


def test_json_stays_json():
    value = {"name": "a\x1b[2Jb\x9bc"}
    assert json.loads(escape_controls(json.dumps(value, ensure_ascii=False))) == value


def test_a_column_that_holds_escape_sequences_is_shown_escaped(tmp_path):
    data = places().rename(columns={"population": "pop\x1b[31m"})
    write(data, tmp_path / "p.geojson")
    path = made(tmp_path, '[settlements]\npath = "p.geojson"\nselect = { name = "\\u001b[2J" }')
    done = called("check", path)
    assert "\x1b" not in done.stdout + done.stderr
    assert done.returncode == 2


def test_the_log_is_plain_and_quiet_is_quiet(capfd):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        root.handlers.clear()
        start_log()
        logging.getLogger("x").warning("a\x1b[31mb")
        assert capfd.readouterr().err == "frontline: a\\u001b[31mb\n"
        start_log(quiet=True)
        logging.getLogger("x").warning("not to be seen")
        assert capfd.readouterr().err == ""
    finally:
        root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("command", ["run", "report", "claims", "pack", "style"])
def test_an_empty_path_is_none(tmp_path, command):
    done = called(command, made(tmp_path), "--out", "", cwd=tmp_path)
    assert done.returncode == 2
    assert "is empty (expected a path)" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "area.geojson",
        "line.geojson",
        "project.toml",
    ]


# a run over its own inputs


@pytest.mark.slow
def test_a_folder_that_holds_an_input_is_refused_whatever_is_forced(tmp_path):
    (tmp_path / "out" / "tables").mkdir(parents=True)
    source = write(places(), tmp_path / "out" / "tables" / "p.gpkg")
    path = made(tmp_path, '[settlements]\npath = "out/tables/p.gpkg"')
    before = source.read_bytes()
    for out in ("out", "out/tables", "."):
        done = called("run", path, "--out", out, "--force", cwd=tmp_path)
        assert done.returncode == 2
        assert "which the project reads" in done.stderr
    assert source.read_bytes() == before
    assert not (tmp_path / "out" / MANIFEST).exists()


def test_links_are_seen_through_in_both_directions(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "p.gpkg").write_bytes(b"x")
    (tmp_path / "alias").symlink_to(tmp_path / "data")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "p.gpkg").symlink_to(tmp_path / "data" / "p.gpkg")
    for target, file in (
        (tmp_path / "alias", tmp_path / "data" / "p.gpkg"),
        (tmp_path / "data", tmp_path / "alias" / "p.gpkg"),
        (tmp_path / "data", tmp_path / "out" / "p.gpkg"),
        (tmp_path / "out", tmp_path / "out" / "p.gpkg"),
    ):
        with pytest.raises(OutputError, match="which the project reads"):
            refuse_inputs(target, inputs=[file])
    refuse_inputs(tmp_path / "elsewhere", inputs=[tmp_path / "data" / "p.gpkg"])
    with prepare_output(tmp_path / "new", command="run", inputs=[tmp_path / "data" / "p.gpkg"]):
        pass


@pytest.mark.parametrize("name", ["project.toml", "area.geojson"])
def test_an_archive_never_replaces_an_input(tmp_path, name):
    path = made(tmp_path)
    before = (tmp_path / name).read_bytes()
    with pytest.raises(OutputError, match="which the project reads"):
        pack(path, out=tmp_path / name, force=True)
    assert (tmp_path / name).read_bytes() == before


# what was passed over in silence


def test_a_ledger_that_is_a_folder_is_named(tmp_path):
    project = load_project(made(tmp_path))
    assert find_claims_file(project) is None
    (tmp_path / "claims.toml").mkdir()
    with pytest.raises(ProjectError, match=r"claims\.toml: is a directory"):
        find_claims_file(project)


@pytest.mark.parametrize("outputs", [None, {}, [], "all"])
def test_a_manifest_without_outputs_is_not_whole(tmp_path, outputs):
    facts = {"schema": 1, "command": "run"} | ({} if outputs is None else {"outputs": outputs})
    (tmp_path / MANIFEST).write_text(json.dumps(facts))
    assert any("names no outputs" in line for line in verify(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("wait_s", [0.1, 0.2, 0.3, 0.5, 0.8])
def test_ctrl_c_in_the_first_second_is_no_traceback(tmp_path, wait_s):
    path = made(tmp_path)
    running = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "frontline", "check", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in running.stderr:  # not before it is ours to answer
        if "frontline.__main__" in line or line.rstrip().endswith(" frontline"):
            break
    time.sleep(wait_s)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert "Traceback" not in said
    assert running.returncode in {0, 3}


def test_bugs_name_themselves_without_colours(monkeypatch, capsys):
    def broken():
        raise RuntimeError("\x1b[31mred")

    assert cli.run_guarded(broken) == 1
    assert "\x1b" not in capsys.readouterr().err
    assert Path(cli.__file__).exists()
