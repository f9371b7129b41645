"""The command line: one line per problem, four exit codes, nothing half done."""

import errno
import json
import os
import re
import subprocess
import sys

import pytest
from factories.projects import made_project

from frontline.cli import main as cli
from frontline.project.example import find_example


@pytest.fixture(scope="module")
def small_project(tmp_path_factory):
    return made_project(tmp_path_factory.mktemp("small"))


def frontline(*arguments, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "frontline", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | {"PYTHONUTF8": "1"} | environment,
        check=False,
    )


@pytest.mark.parametrize("command", ["", "run", "demo", "check", "init", "schema", "verify"])
def test_every_command_explains_itself(command):
    done = frontline(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_help_loads_no_heavy_library():
    code = "import sys; from frontline.cli.main import app; app(['--help'], standalone_mode=False);"
    code += "print([n for n in ('numpy', 'geopandas', 'rasterio', 'numba') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_the_library_imports_nothing_heavy_until_it_is_asked():
    code = "import sys, frontline; print('numpy' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["run"], "Missing"),
        (["run", "nowhere.toml", "--out", "out"], "nowhere.toml"),
        (["run", "x.toml", "--outt", "out"], "--outt"),
        (["check", "nowhere.toml"], "nowhere.toml"),
        (["verify", "nowhere"], "nowhere"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(arguments, said, tmp_path):
    done = frontline(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bug_says_that_it_is_ours(monkeypatch, capsys):
    from frontline.cli import main as cli

    def broken():
        raise ZeroDivisionError("division by zero")

    monkeypatch.delenv("FRONTLINE_DEBUG", raising=False)
    assert cli.run_guarded(broken) == 1
    assert "a bug of frontline" in capsys.readouterr().err
    monkeypatch.setenv("FRONTLINE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.run_guarded(broken)


def test_an_interrupted_run_says_so(capsys):
    from frontline.cli import main as cli

    def stopped():
        raise KeyboardInterrupt

    assert cli.run_guarded(stopped) == 3
    assert "interrupted" in capsys.readouterr().err


def test_ctrl_c_in_a_command_is_told_too(monkeypatch, capsys):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("frontline.workflow.check.check", stopped)
    monkeypatch.setattr(sys, "argv", ["frontline", "check", "project.toml"])
    assert cli.main() == 3
    assert capsys.readouterr().err == "frontline: interrupted; nothing was changed.\n"


def test_a_full_disk_is_no_bug(capsys):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    assert cli.run_guarded(full) == 2
    said = capsys.readouterr().err
    assert said.startswith("frontline: cannot write (No space left on device). Make room")


@pytest.mark.skipif(os.name != "posix", reason="a folder in use cannot be removed there")
def test_a_folder_that_is_gone_is_no_bug(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os\nos.chdir({str(gone)!r})\nos.rmdir({str(gone)!r})\n"
    code += "from frontline.cli.main import run_guarded\n"
    code += "raise SystemExit(run_guarded(lambda: os.path.relpath('x')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "is gone. Change to another one." in done.stderr


def test_a_reader_that_has_read_enough_is_no_bug():
    run = subprocess.Popen(
        [sys.executable, "-m", "frontline", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    run.stdout.close()
    said = run.stderr.read()
    run.stderr.close()
    assert run.wait() == 0
    assert said == b""


def test_versions_name_both_gdals():
    done = frontline("--version")
    assert done.returncode == 0
    for library in ("frontline", "PROJ", "GEOS"):
        assert library.lower() in done.stdout.lower()
    assert len(re.findall(r"(?i)gdal", done.stdout)) >= 2


def test_check_of_the_example_finds_no_problem():
    done = frontline("check", find_example())
    assert done.returncode == 0, done.stderr


def test_demo_copy_can_be_checked_and_is_not_overwritten(tmp_path):
    done = frontline("demo", "--copy", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "mine" / "layers" / "karabakh" / "project.toml"
    assert frontline("check", copy).returncode == 0
    again = frontline("demo", "--copy", "mine", cwd=tmp_path)
    assert again.returncode == 2
    assert "something is there already" in again.stderr


@pytest.mark.slow
def test_json_is_json_and_nothing_else(small_project, tmp_path):
    command = ["run", small_project, "--out", tmp_path / "out", "--json", "--progress", "json"]
    done = frontline(*command)
    assert done.returncode == 0, done.stderr
    stages = [json.loads(line)["stage"] for line in done.stderr.splitlines()]
    assert stages[0] == "reading the project"
    assert stages[-1] == "writing files"
    figures = json.loads(done.stdout)
    assert figures
    assert {"id", "value", "low", "high", "unit", "sentence"} <= set(figures[0])


def test_quiet_says_nothing_and_a_run_is_verified(small_project, tmp_path):
    out = tmp_path / "out"
    done = frontline("run", small_project, "--out", out, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert frontline("verify", out).returncode == 0
    (out / "map.html").write_text("changed", encoding="utf-8")
    broken = frontline("verify", out)
    assert broken.returncode == 2
    assert "map.html" in broken.stderr


@pytest.mark.slow
def test_another_command_s_folder_is_refused_without_force(small_project, tmp_path):
    out = tmp_path / "out"
    assert frontline("run", small_project, "--out", out, "--quiet").returncode == 0
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    done = frontline("demo", "--out", out, "--quiet")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
