"""Publishing: whole files only, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from factories import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st

from frontline.errors import OutputError
from frontline.export import publish as outputs
from frontline.export.publish import MANIFEST, prepare_output, publish, verify

ROOT = REPOSITORY
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


def writer(text):
    return lambda path: path.write_text(text, encoding="utf-8")


def put(directory, files, *, command="run", force=False, **manifest):
    with prepare_output(directory, command=command, force=force) as output:
        return publish(output, writers={n: writer(t) for n, t in files.items()}, manifest=manifest)


def everything(directory):
    return {
        str(path.relative_to(directory).as_posix()): path.read_text(encoding="utf-8")
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def child(code, *, env=None, **kwargs):
    """Start Python on a piece of code that may import the library and the tests' helpers."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, **(env or {})},
        **kwargs,
    )


OLD = {"a.txt": "old a", "tables/b.csv": "old b", "tables/gone.csv": "old c"}
NEW = {"a.txt": "new a", "tables/b.csv": "new b"}


def test_a_new_directory_appears_with_its_manifest_last(tmp_path):
    target = tmp_path / "out" / "deep" / "case"
    assert put(target, OLD, title="T") == (*OLD, MANIFEST)
    assert {name: everything(target)[name] for name in OLD} == OLD
    found = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    assert found["command"] == "run"
    assert found["title"] == "T"
    digest = hashlib.sha256(b"old a").hexdigest()
    assert found["outputs"]["a.txt"] == {"sha256": digest, "bytes": 5}
    assert verify(target) == []
    assert [path.name for path in target.parent.iterdir()] == ["case"]  # no lock, no scratch


def test_a_second_run_replaces_its_files_and_removes_the_stale(tmp_path):
    put(tmp_path / "out", OLD)
    (tmp_path / "out" / "mine.qgz").write_text("the user's own", encoding="utf-8")
    put(tmp_path / "out", NEW)
    found = everything(tmp_path / "out")
    assert set(found) == {*NEW, MANIFEST, "mine.qgz"}
    assert found["tables/b.csv"] == "new b"
    assert verify(tmp_path / "out") == []


def test_a_folder_that_is_no_longer_needed_goes(tmp_path):
    put(tmp_path / "out", OLD)
    put(tmp_path / "out", {"a.txt": "x"})
    assert not (tmp_path / "out" / "tables").exists()


def test_the_same_files_give_the_same_manifest(tmp_path):
    put(tmp_path / "one", OLD, title="T")
    put(tmp_path / "two", OLD, title="T")
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


@pytest.mark.parametrize("fault", [OutputError("no"), KeyboardInterrupt(), ValueError("bug")])
@pytest.mark.parametrize("existed", [True, False])
def test_whatever_happens_while_writing_changes_nothing(tmp_path, fault, existed):
    target = tmp_path / "parent" / "out"
    if existed:
        put(target, OLD)
    before = everything(tmp_path)

    def fail(path):
        path.write_text("half", encoding="utf-8")
        raise fault

    with (
        pytest.raises(type(fault)),
        prepare_output(target, command="run") as output,
    ):
        publish(output, writers={"a.txt": writer("new"), "tables/b.csv": fail}, manifest={})
    assert everything(tmp_path) == before
    assert list(tmp_path.iterdir()) == ([target.parent] if existed else [])


def test_a_failure_while_computing_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), prepare_output(tmp_path / "a" / "b", command="run"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    def full(path):
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(OutputError, match=r"map\.png: cannot be written \(No space left"),
        prepare_output(tmp_path / "out", command="run") as output,
    ):
        publish(output, writers={"map.png": full}, manifest={})


def test_what_a_writer_leaves_beside_its_file_is_not_published(tmp_path):
    def untidy(path):
        path.write_text("x", encoding="utf-8")
        path.with_name("x.aux.xml").write_text("y", encoding="utf-8")

    with prepare_output(tmp_path / "out", command="run") as output:
        publish(output, writers={"x": untidy}, manifest={})
    assert set(everything(tmp_path / "out")) == {"x", MANIFEST}


def test_a_file_is_not_a_directory(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for target in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(OutputError, match="is a file"), prepare_output(target, command="run"):
            pytest.fail("went on")
    assert everything(tmp_path) == {"file": "mine"}


def test_a_directory_of_another_command_is_refused_unless_forced(tmp_path):
    put(tmp_path / "out", OLD, command="claims")
    before = everything(tmp_path)
    with pytest.raises(OutputError, match=r"made by 'frontline claims' \(expected 'run'"):
        put(tmp_path / "out", NEW)
    assert everything(tmp_path) == before
    put(tmp_path / "out", NEW, force=True)
    assert set(everything(tmp_path / "out")) == {*NEW, MANIFEST}


@pytest.mark.parametrize("text", [None, "{}", "not json", "[1]", '{"command": "run"}', "[" * 99999])
def test_files_that_are_not_ours_are_refused_unless_forced(tmp_path, text):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine", encoding="utf-8")
    if text is not None:
        (tmp_path / "out" / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(OutputError, match="no manifest of ours"):
        put(tmp_path / "out", NEW)
    put(tmp_path / "out", NEW, force=True)
    assert everything(tmp_path / "out")["thesis.docx"] == "mine"
    assert verify(tmp_path / "out") == []


def test_an_empty_directory_is_taken_as_it_is(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".DS_Store").write_text("", encoding="utf-8")
    put(tmp_path / "out", NEW)
    assert verify(tmp_path / "out") == []


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_an_open_geopackage_is_refused_before_and_after_computing(tmp_path, ending):
    put(tmp_path / "out", {"frontline.gpkg": "old"})
    beside = tmp_path / "out" / f"frontline.gpkg{ending}"
    beside.write_text("x", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(OutputError, match=f"gpkg{ending}: lies beside a GeoPackage"):
            put(tmp_path / "out", {"frontline.gpkg": "new"}, force=force)
    beside.unlink()

    def opened_meanwhile(path):
        path.write_text("new", encoding="utf-8")
        beside.write_text("x", encoding="utf-8")

    with (
        pytest.raises(OutputError, match="lies beside a GeoPackage"),
        prepare_output(tmp_path / "out", command="run") as output,
    ):
        publish(output, writers={"frontline.gpkg": opened_meanwhile}, manifest={})
    assert (tmp_path / "out" / "frontline.gpkg").read_text(encoding="utf-8") == "old"


def test_a_place_taken_by_a_directory_is_found_before_anything_moves(tmp_path):
    put(tmp_path / "out", {"a.txt": "old"})
    (tmp_path / "out" / "map.html").mkdir()
    with pytest.raises(OutputError, match="is a directory where a file is to go"):
        put(tmp_path / "out", {"a.txt": "new", "map.html": "new"})
    assert everything(tmp_path / "out")["a.txt"] == "old"


@posix
def test_a_place_where_nothing_can_be_made_is_refused():
    with (
        pytest.raises(OutputError, match="cannot be written to"),
        prepare_output(Path("/proc/frontline/out"), command="run"),
    ):
        pytest.fail("went on")


@posix
def test_a_read_only_directory_is_refused_before_computing(tmp_path):
    put(tmp_path / "out", OLD)
    code = f"""
        import os, pathlib
        from frontline.export.publish import prepare_output
        from frontline.errors import OutputError
        if os.geteuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        try:
            with prepare_output(pathlib.Path({str(tmp_path / "out")!r}), command="run"):
                print("went on")
        except OutputError as error:
            print(error)
    """
    (tmp_path / "out").chmod(0o555)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    try:
        said, _ = child(code).communicate()
    finally:
        (tmp_path / "out").chmod(0o755)
    assert "cannot be written to (Permission denied)" in said


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "c:\\x", "a\\b", "", "manifest.json", "a\0b"]
)
def test_a_result_stays_inside(tmp_path, name):
    with pytest.raises(OutputError, match="is not a name for a result"):
        put(tmp_path / "out", {name: "x"})
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_cannot_make_us_remove_or_read_what_is_outside(tmp_path):
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").write_text("mine", encoding="utf-8")
    put(tmp_path / "out", {"a.txt": "x"})
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    path = tmp_path / "out" / MANIFEST
    found = json.loads(path.read_text(encoding="utf-8"))
    found["outputs"] |= {"../precious": {}, str(tmp_path / "precious"): {}, "link/x": {}, "y": 1}
    path.write_text(json.dumps(found), encoding="utf-8")
    assert "../precious: not a path inside the directory." in verify(tmp_path / "out")
    put(tmp_path / "out", {"a.txt": "y"})
    assert (tmp_path / "precious").exists()
    assert (tmp_path / "elsewhere" / "x").exists()


def test_verify_says_what_is_missing_or_changed(tmp_path):
    assert verify(tmp_path) == [
        "manifest.json: missing or unreadable (expected the manifest of a finished run)."
    ]
    put(tmp_path / "out", OLD)
    (tmp_path / "out" / "a.txt").write_text("old A", encoding="utf-8")
    (tmp_path / "out" / "tables" / "b.csv").unlink()
    assert verify(tmp_path / "out") == [
        "a.txt: not as written (from another run, or changed since).",
        "tables/b.csv: missing. Run it again.",
    ]


def test_names_of_any_script_are_fine(tmp_path):
    target = tmp_path / "-мап 100% x\ny"
    put(target, {"Ağdam %20 (a).csv": "x"}, title="Ağdam \udcff")
    assert verify(target) == []
    assert "Ağdam %20" in (target / MANIFEST).read_text(encoding="utf-8")


@given(st.text(max_size=8))
def test_no_accepted_name_leads_outside(name):
    if outputs._is_inside(name):
        base = Path("/base")
        assert base in Path(os.path.normpath(base / name)).parents


HOLD = """
    import pathlib, sys
    from frontline.export.publish import prepare_output
    with prepare_output(pathlib.Path({target!r}), command="run") as output:
        output.scratch.mkdir()
        (output.scratch / "half.gpkg").write_text("half")
        print("held", flush=True)
        sys.stdin.readline()
"""


def test_a_second_run_is_refused_until_the_first_is_gone(tmp_path):
    target = tmp_path / "out"
    first = child(HOLD.format(target=str(target)))
    assert first.stdout.readline() == "held\n"
    with pytest.raises(OutputError, match="another run is writing here"):
        put(target, NEW)
    first.kill()  # its lock and its scratch stay behind
    first.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    put(target, NEW)
    assert verify(target) == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_runs_in_one_process_are_told_apart(tmp_path):
    with (
        prepare_output(tmp_path / "out", command="run"),
        pytest.raises(OutputError, match="another run"),
        prepare_output(tmp_path / "out", command="run"),
    ):
        pytest.fail("went on")
    with prepare_output(tmp_path / "out", command="run"):
        pass


KILLED = """
    import os, pathlib, signal
    from frontline.export.publish import prepare_output, publish
    count = 0
    def counted(method):
        def inner(self, *args):
            global count
            count += 1
            if count == {after}:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(self, *args)
        return inner
    pathlib.Path.replace = counted(pathlib.Path.replace)
    pathlib.Path.rename = counted(pathlib.Path.rename)
    pathlib.Path.write_text = counted(pathlib.Path.write_text)
    files = {files!r}
    with prepare_output(pathlib.Path({target!r}), command="run", force={force}) as output:
        publish(
            output,
            writers={{n: (lambda path, t=t: path.write_text(t)) for n, t in files.items()}},
            manifest={{}},
        )
"""


@posix
@pytest.mark.parametrize("start", ["fresh", "ours", "foreign"])
def test_a_run_killed_at_any_step_leaves_whole_files_and_the_next_one_mends_it(tmp_path, start):
    for after in range(1, 12):
        target = tmp_path / str(after) / "out"
        if start == "ours":
            put(target, OLD)
        if start == "foreign":
            target.mkdir(parents=True)
            (target / "mine.txt").write_text("mine", encoding="utf-8")
        code = KILLED.format(after=after, files=NEW, target=str(target), force=start == "foreign")
        process = child(code)
        _, said = process.communicate()
        if target.exists():
            for name, text in everything(target).items():
                if name in NEW:
                    assert text in {NEW[name], OLD[name]}
        if process.returncode == 0:
            assert after > 3
            assert verify(target) == []
            break
        assert process.returncode == -signal.SIGKILL, said
        known = everything(target) if target.exists() else {}
        mixed = {known[n] == NEW[n] for n in NEW if n in known} == {True, False}
        assert not (mixed and verify(target) == [])
        put(target, NEW, force=start == "foreign" and MANIFEST not in known)
        assert verify(target) == []
        assert set(everything(target)) - {"mine.txt"} == {*NEW, MANIFEST}
        assert [path.name for path in target.parent.iterdir()] == ["out"]
    else:
        pytest.fail("the run never came to its end")


@posix
def test_ctrl_c_waits_while_files_are_renamed(tmp_path):
    code = f"""
        import os, pathlib, signal, time
        from frontline.export.publish import prepare_output, publish
        # A shell that starts programs in the background lets them ignore the signal.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        replace = pathlib.Path.replace
        def interrupted(self, *args):
            os.kill(os.getpid(), signal.SIGINT)
            return replace(self, *args)
        pathlib.Path.replace = interrupted
        target = pathlib.Path({str(tmp_path / "out")!r})
        with prepare_output(target, command="run") as output:
            publish(output, writers={{"a.txt": lambda path: path.write_text("new")}}, manifest={{}})
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60.0)  # another thread may take the signal: it is heard a moment later
        except KeyboardInterrupt:
            print("heard again")
    """
    put(tmp_path / "out", OLD)
    said, faults = child(code).communicate()
    assert said == "heard again\n", faults
    assert verify(tmp_path / "out") == []
    assert everything(tmp_path / "out")["a.txt"] == "new"


REAL = """
    import json, pathlib, sys
    from factories.example_results import example_results
    from frontline.errors import OutputError
    from frontline.export.geopackage import write_geopackage
    from frontline.export.manifest import describe_run
    from frontline.export.publish import prepare_output, publish
    from frontline.results.tables import describe_csv, make_tables, write_csv
    from frontline.export.workbook import write_workbook
    results = example_results()
    frames = make_tables(results)
    writers = {
        "frontline.xlsx": lambda path: write_workbook(path, results),
        "frontline.gpkg": lambda path: write_geopackage(path, results),
        "tables/csv-metadata.json": lambda path: path.write_text(
            describe_csv(frames, title=results.project.title), encoding="utf-8", newline=""
        ),
    }
    for name, frame in frames.items():
        writers[f"tables/{name}.csv"] = lambda path, frame=frame: write_csv(frame, path)
    target = pathlib.Path(sys.stdin.readline().strip())
    limits = json.loads(sys.stdin.readline())
    for limit in limits:
        if limit is not None:
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            with prepare_output(target, command="run") as output:
                publish(
                    output,
                    writers=writers,
                    manifest=describe_run(results.project, inputs=results.inputs),
                )
            print("done")
        except OutputError as error:
            print(error)
"""


def real_run(target, limits=(None,), **env):
    process = child(REAL, env=env)
    said, faults = process.communicate(f"{target}\n{json.dumps(limits)}\n")
    assert process.returncode == 0, faults
    return said.splitlines()


@posix
def test_a_full_disk_leaves_the_old_files_and_says_so(tmp_path):
    target = tmp_path / "out"
    assert real_run(target) == ["done"]
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    limits = [100, 4_096, 20_000, 65_536, 131_072, 262_144, 400_000]
    said = real_run(target, limits)
    assert len(said) == len(limits)
    assert all("cannot be written" in line for line in said), said
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert list(tmp_path.iterdir()) == [target]


def test_place_time_language_and_chance_do_not_show(tmp_path):
    elsewhere = tmp_path / "another place"
    real_run(tmp_path / "a", TZ="Asia/Yerevan", LC_ALL="C", PYTHONHASHSEED="1", PYTHONUTF8="0")
    real_run(elsewhere / "b", TZ="America/Lima", LC_ALL="C.UTF-8", PYTHONHASHSEED="2")
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (tmp_path / "a", elsewhere / "b")
    )
    assert one == two
    assert len(one) > 12
    text = one[Path(MANIFEST)].decode("utf-8")
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
