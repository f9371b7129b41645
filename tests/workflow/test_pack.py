"""The archive for another analyst: whole, the same bytes, the same figures elsewhere."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest
from factories.projects import made_project

from frontline.errors import OutputError, ProjectError
from frontline.export.publish import verify
from frontline.project.example import copy_example
from frontline.workflow.compare import compare
from frontline.workflow.pack import pack


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example, whose elevation lies outside the folder of its project file."""
    return copy_example(tmp_path_factory.mktemp("example") / "copy")


def test_everything_the_project_names_is_in_it_and_nothing_else(example, tmp_path):
    (example.parent / "notes.txt").write_text("not an input", encoding="utf-8")
    names = pack(example, out=tmp_path / "p.zip")
    assert names[0] == "layers/karabakh/project.toml"
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"README.txt", "manifest.json", *names}
        assert "dem/globe30s_karabakh.tif" in names
        assert archive.read(names[0]) == example.read_bytes()
        assert "frontline run layers/karabakh/project.toml" in archive.read("README.txt").decode()
        facts = json.loads(archive.read("manifest.json"))
        for name in names:
            digest = hashlib.sha256(archive.read(name)).hexdigest()
            assert facts["outputs"][name]["sha256"] == digest
    assert facts["command"] == "pack"
    assert facts["versions"]["frontline"]


def test_the_same_inputs_give_the_same_bytes_anywhere(example, tmp_path, monkeypatch):
    pack(example, out=tmp_path / "one.zip")
    elsewhere = copy_example(tmp_path / "another place")
    os.utime(elsewhere, (10**9, 10**9))
    elsewhere.chmod(0o600)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(elsewhere.parent)
    pack(elsewhere.relative_to(elsewhere.parent), out=tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2020, 11, 10, 0, 0, 0)}


@pytest.mark.slow
def test_unpacked_elsewhere_it_gives_the_same_figures(tmp_path):
    (tmp_path / "here").mkdir()
    project = made_project(tmp_path / "here")
    pack(project, out=tmp_path / "p.zip")
    away = tmp_path / "far" / "away"
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        archive.extractall(away)
    assert verify(away) == []
    for place, out in ((project, "a"), (away / project.name, "b")):
        subprocess.run(
            [sys.executable, "-m", "frontline", "run", place, "--out", tmp_path / out, "--quiet"],
            check=True,
        )
    found = compare(tmp_path / "a", after=tmp_path / "b")
    assert found.same
    assert found.reasons == ()
    manifests = [(tmp_path / out / "manifest.json").read_bytes() for out in "ab"]
    assert manifests[0] == manifests[1]


def test_restricted_layers_are_refused_in_public_and_named_otherwise(tmp_path):
    (tmp_path / "here").mkdir()
    project = made_project(tmp_path / "here")
    text = project.read_text(encoding="utf-8")
    project.write_text(
        text + '[[partitions]]\nkey = "secret"\nlabel = "Not for all"\npath = "layers.gpkg"\n'
        'layer = "study_area"\nsensitivity = "restricted"\n',
        encoding="utf-8",
    )
    with pytest.raises(ProjectError, match="secret: restricted"):
        pack(project, out=tmp_path / "p.zip", public=True)
    assert not (tmp_path / "p.zip").exists()
    pack(project, out=tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["restricted"] == ["secret"]


def test_an_absolute_path_is_refused_by_name(example, tmp_path):
    project = copy_example(tmp_path / "copy")
    here = (project.parent / "karabakh.gpkg").as_posix()
    text = project.read_text(encoding="utf-8")
    changed = text.replace('path = "karabakh.gpkg"', f"path = '{here}'", 1)
    assert changed != text
    project.write_text(changed, encoding="utf-8")
    with pytest.raises(ProjectError, match=r"field 'study_area\.path'.*absolute"):
        pack(project, out=tmp_path / "p.zip")


def test_a_file_that_is_there_is_kept_unless_forced(example, tmp_path):
    out = tmp_path / "p.zip"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is there already"):
        pack(example, out=out)
    assert out.read_text(encoding="utf-8") == "mine"
    pack(example, out=out, force=True)
    assert zipfile.is_zipfile(out)
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


def test_an_archive_that_cannot_be_written_leaves_nothing(example, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("frontline.workflow.pack.write_archive", full)
    with pytest.raises(OutputError, match="No space left"):
        pack(example, out=tmp_path / "p.zip")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_to_do_next(example, tmp_path):
    command = [sys.executable, "-m", "frontline", "pack", str(example), "--out"]
    done = subprocess.run(
        [*command, str(tmp_path / "p.zip")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "frontline run layers/karabakh/project.toml" in done.stdout
    again = subprocess.run(
        [*command, str(tmp_path / "p.zip")], capture_output=True, text=True, check=False
    )
    assert again.returncode == 2
