"""Publishing results: whole files, the old or the new, and a manifest that tells which.

Everything is written into a scratch directory first. A new output directory appears at once,
by one rename; in an existing one each file is renamed over its predecessor and the manifest
comes last, so that its hashes tell a set that was cut off half-way.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from frontline.errors import OutputError, to_one_line
from frontline.progress import Progress, report_nothing
from frontline.storage.files import hash_file
from frontline.storage.locks import IN_USE, hold_lock, refuse_open_package

Writer = Callable[[Path], object]
"""Writes one file at the path it is given."""

SCHEMA = 1
"""Version of the manifest's layout."""
MANIFEST = "manifest.json"
NOT_OURS = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))
"""Files that systems put into a directory by themselves."""


@dataclass(frozen=True)
class OutputFolder:
    """A place to publish to, held by this run until it is done.

    Parameters
    ----------
    directory
        Absolute; it need not exist yet.
    command
        The command that writes it.
    scratch
        Where files are written first, on the same file system.
    """

    directory: Path
    command: str
    scratch: Path


@contextmanager
def prepare_output(
    directory: Path, *, command: str, force: bool = False, inputs: Iterable[Path] = ()
) -> Iterator[OutputFolder]:
    """Hold an output directory for one run, or refuse it before anything is computed.

    Parameters
    ----------
    directory
        Where the results are to go; made when they are published, with its parents.
    command
        Name of the command; a directory that another one made is refused.
    force
        Write over what another command made, or beside files that are not ours.
    inputs
        Files that the run reads: a directory that holds one is refused, whatever `force` says.

    Yields
    ------
    What `publish` takes.

    Raises
    ------
    OutputError
        If it is a file, cannot be written to, belongs to another command, holds a GeoPackage
        that is open elsewhere, or another run is at work on it.

    Notes
    -----
    Whatever happens, nothing but a complete set of results stays: scratch files are removed,
    and those that a killed run could not remove are removed by the next.
    """
    target = Path(directory).resolve()
    refuse_inputs(target, inputs=inputs)
    try:
        _refuse_file(target)
        home = _choose_home(target)
        missing = _list_missing(home)
    except OSError as error:
        raise _explain_not_writable(target, error) from error
    with ExitStack() as cleanup:
        for folder in missing:
            _make(folder, target)
            cleanup.callback(_remove_if_empty, folder)
        name = f".{target.name}.frontline" if home != target else ".frontline"
        scratch = home / f"{name}-scratch"
        try:
            alone = cleanup.enter_context(hold_lock(home / f"{name}-lock"))
        except OSError as error:
            raise _explain_not_writable(target, error) from error
        if not alone:
            raise OutputError(
                "another run is writing here. Wait for it, or name another directory.", path=target
            )
        _refuse(target, command=command, force=force)
        cleanup.callback(shutil.rmtree, scratch, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
        yield OutputFolder(target, command, scratch)


def publish(
    output: OutputFolder,
    *,
    writers: Mapping[str, Writer],
    manifest: Mapping[str, Any],
    progress: Progress = report_nothing,
) -> tuple[str, ...]:
    """Write all files, then show them: each whole, the manifest last.

    Parameters
    ----------
    output
        From `prepare_output`, still held.
    writers
        What writes each file, by its path in the directory with forward slashes.
    manifest
        What the files were made of; hashes and sizes of the files are added.
    progress
        Told how many files are written.

    Returns
    -------
    The paths written, the manifest last. Files of an earlier run that are not among them are
    removed; files that no manifest names are left alone.

    Raises
    ------
    OutputError
        If a file cannot be written or replaced. In the first case nothing has changed; in the
        second the manifest tells a mixed set, and the next run mends it.
    """
    for name in writers:
        if not _is_inside(name) or name == MANIFEST:
            raise OutputError(
                f"'{to_one_line(name)}' is not a name for a result (expected a path in it). "
                "Rename it."
            )
    output.scratch.mkdir()
    outputs = {}
    for number, (name, write) in enumerate(writers.items()):
        progress("writing files", number, len(writers))
        outputs[name] = _write_file(output.scratch / name, name, write)
    progress("writing files", len(writers), len(writers))
    final = {"schema": SCHEMA, "command": output.command, **manifest, "outputs": outputs}
    _write_json(output.scratch / MANIFEST, final)
    _keep_only(output.scratch, [*writers, MANIFEST])
    with _hold_interrupts():
        _show(output, list(writers), final)
    return (*writers, MANIFEST)


def verify(directory: Path) -> list[str]:
    """Compare the files of a directory with its manifest.

    Parameters
    ----------
    directory
        A directory of results.

    Returns
    -------
    One line per problem: what is missing, has changed, or comes from another run. Empty if
    everything is as the manifest says. Files that it does not name are not looked at.

    Raises
    ------
    OutputError
        There is no such directory, or it is a file.
    """
    if not directory.is_dir():
        raise OutputError(_explain_no_directory(directory), path=directory)
    manifest = read_manifest(directory)
    if manifest is None:
        return [f"{MANIFEST}: missing or unreadable (expected the manifest of a finished run)."]
    problems = []
    if manifest.get("unfinished"):
        problems.append(f"{MANIFEST}: the run was cut off. Run it again.")
    elif not _read_outputs(manifest):
        problems.append(f"{MANIFEST}: names no outputs (expected those of a run). Run it again.")
    for name, facts in _read_outputs(manifest).items():
        fault = _find_fault(directory, name, facts)
        if fault:
            problems.append(f"{to_one_line(name)}: {fault}")
    return problems


def _explain_no_directory(path: Path) -> str:
    """Say what to do about what should be a directory of results and is none."""
    if not path.exists():
        return "does not exist (expected a folder of results). Check the path."
    if path.suffix.lower() == ".zip":
        return "is an archive (expected a folder). Unpack it, and name the folder that it gives."
    return "is a file (expected a folder of results). Name the folder that holds it."


def read_manifest(directory: Path) -> dict[str, Any] | None:
    """Read the manifest of a directory of results; None where there is none that is ours."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    ours = (
        isinstance(manifest, dict)
        and "schema" in manifest
        and isinstance(manifest.get("command"), str)
    )
    return manifest if ours else None


def _find_fault(directory: Path, name: str, facts: Mapping[str, Any]) -> str:
    if not _is_inside(name):
        return "not a path inside the directory."
    try:
        if not (directory / name).is_file():
            return "missing. Run it again."
        same = hash_file(directory / name) == facts.get("sha256")
    except OSError as error:
        return f"cannot be read ({error.strerror})."
    return "" if same else "not as written (from another run, or changed since)."


def refuse_inputs(target: Path, *, inputs: Iterable[Path]) -> None:
    """Refuse a place for results that is, or holds, a file that they are made of.

    Parameters
    ----------
    target
        A directory for results, or a file.
    inputs
        Files that are read. A link counts where it lies and where it leads to.

    Raises
    ------
    OutputError
        Naming the input.
    """
    place = {Path(os.path.abspath(target)), Path(target).resolve()}  # noqa: PTH100 - a link stays one
    for file in inputs:
        for path in (Path(os.path.abspath(file)), file.resolve()):  # noqa: PTH100
            if place & {path, *path.parents}:
                raise OutputError(
                    f"holds '{to_one_line(path.name)}', which the project reads, and would be "
                    "written "
                    "over (expected a place apart from the inputs). Name another.",
                    path=target,
                )


def _refuse_file(target: Path) -> None:
    """Refuse a path that is, or leads through, something other than a directory."""
    for path in (target, *target.parents):
        if path.is_dir():
            return
        if path.exists():
            raise OutputError(
                "is a file (expected a directory). Name another directory.", path=path
            )


def _refuse(target: Path, *, command: str, force: bool) -> None:
    """Refuse a directory that is not ours or in use; it is not changed."""
    if not target.is_dir():
        return
    try:
        with tempfile.TemporaryFile(dir=target):
            pass
        names = {path.name for path in target.iterdir()}
    except OSError as error:
        raise _explain_not_writable(target, error) from error
    _refuse_open_packages(target)
    ours = (name for name in names if name not in NOT_OURS and not name.startswith(".frontline"))
    if force or not any(ours):
        return
    manifest = read_manifest(target)
    if manifest is None:
        raise OutputError(
            "holds files, but no manifest of ours (expected a new or empty directory, or an "
            "earlier run's). Name another directory, or use --force.",
            path=target,
        )
    if manifest.get("command") != command:
        raise OutputError(
            f"was made by 'frontline {to_one_line(str(manifest.get('command')))}' (expected "
            f"'{command}'). Name another directory, or use --force.",
            path=target,
        )


def _refuse_open_packages(target: Path) -> None:
    for ending in IN_USE:
        for beside in sorted(target.glob(f"*.gpkg{ending}")):
            refuse_open_package(beside.with_name(beside.name.removesuffix(ending)))


def _explain_not_writable(target: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    return OutputError(
        f"cannot be written to ({reason}). Name a directory that you may write to.", path=target
    )


def _choose_home(target: Path) -> Path:
    """Choose where scratch and lock lie: beside the directory, or in it where that is apart.

    A directory that is a mount of its own, or whose parent is read-only, cannot be filled by
    renaming from its parent.
    """
    parent = target.parent
    if not target.is_dir():
        return parent
    same = parent.stat().st_dev == target.stat().st_dev
    return parent if same and parent != target and os.access(parent, os.W_OK | os.X_OK) else target


def _list_missing(folder: Path) -> list[Path]:
    """List the directories that do not exist yet, the outermost first."""
    return [path for path in (*reversed(folder.parents), folder) if not path.exists()]


def _make(folder: Path, target: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _explain_not_writable(target, error) from error


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _is_inside(name: str) -> bool:
    """Tell whether a name is a plain path below a directory, on every system."""
    parts = PurePosixPath(name).parts
    plain = not any(part in {"..", "/"} for part in parts) and not set(name) & set("\\:\0")
    return bool(parts) and plain


def _write_file(path: Path, name: str, write: Writer) -> dict[str, object]:
    """Run a writer, bring the file to the disk, and give its hash and size."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        _sync(path)
        return {"sha256": hash_file(path), "bytes": path.stat().st_size}
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot be written ({reason}). Nothing was changed; make room or name another "
            "directory.",
            path=name,
        ) from error


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    text = json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    try:
        # A file name that is not UTF-8 becomes an escape, which JSON reads back.
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
        _sync(path)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder and the space on the disk.",
            path=path.name,
        ) from error


def _sync(path: Path) -> None:
    """Bring a file, or on POSIX the entries of a directory, to the disk."""
    if path.is_dir():
        if os.name != "posix":
            return
        descriptor = os.open(path, os.O_RDONLY)
    else:
        descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_only(scratch: Path, names: Iterable[str]) -> None:
    """Remove what a writer left beside its file."""
    wanted_paths = {scratch / name for name in names}
    for path in sorted(scratch.rglob("*")):
        if path.is_file() and path not in wanted_paths:
            path.unlink()


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait while files are renamed: it takes a moment, and half of it helps nobody."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _show(output: OutputFolder, names: list[str], final: Mapping[str, Any]) -> None:
    """Move everything from scratch to its place."""
    target, scratch = output.directory, output.scratch
    for folder in sorted({scratch, *(path.parent for path in scratch.rglob("*"))}):
        _sync(folder)
    try:
        if not target.exists():
            scratch.rename(target)
            _sync(target.parent)
            return
        _refuse_open_packages(target)
        _refuse_obstacles(target, names)
        old = read_manifest(target)
        if old is None:  # mark the directory as ours, in case this is cut off
            _write_json(scratch / "unfinished.json", {**final, "unfinished": True})
            (scratch / "unfinished.json").replace(target / MANIFEST)
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).replace(target / name)
        _remove_stale(target, _read_outputs(old or {}), names)
        for folder in sorted({target, *((target / name).parent for name in names)}):
            _sync(folder)
        (scratch / MANIFEST).replace(target / MANIFEST)
        _sync(target)
    except OSError as error:
        raise OutputError(
            f"cannot be replaced ({error.strerror}). Close the programs that have results open, "
            "and run again: until then the set is mixed, as 'frontline verify' shows.",
            path=error.filename2 or error.filename or target,
        ) from error


def _refuse_obstacles(target: Path, names: Iterable[str]) -> None:
    """Refuse, before anything is renamed, where a result's place is taken by something else."""
    for name in [*names, MANIFEST]:
        path = target / name
        if path.is_dir():
            raise OutputError("is a directory where a file is to go. Move it away.", path=path)
        for folder in path.parents:
            if folder == target:
                break
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                raise OutputError("is not a directory. Move it away.", path=folder)


def _remove_stale(target: Path, old: Iterable[str], names: Iterable[str]) -> None:
    """Remove what the earlier manifest names and the new run did not write."""
    for name in sorted(set(old) - set(names) - {MANIFEST}):
        path = target / name
        if not _is_inside(name) or path.parent.resolve() != path.parent or not path.is_file():
            continue
        path.unlink()
        for folder in path.parents:
            if folder == target:
                break
            _remove_if_empty(folder)


def _read_outputs(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    outputs = manifest.get("outputs")
    if not isinstance(outputs, dict):
        return {}
    return {name: facts if isinstance(facts, dict) else {} for name, facts in outputs.items()}
