"""The house rules, held over the syntax tree and over the files as they are handed out."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "frontline"
SCRIPTS = REPOSITORY / "scripts"

# A module reaches only modules above its own row, by itself or through the small modules that are
# not named here, and never one beside it.
ORDER = (
    ("errors",),
    ("geodesy", "sight", "draws"),
    ("symbols",),
    ("project",),
    ("results",),
    ("rasters",),
    ("layers", "terrain"),
    ("fronts",),
    ("places",),
    ("population", "exposure", "corridors"),
    ("change",),
    ("tables",),
    ("page", "figures", "geopackage", "workbook"),
    ("report",),
    ("outputs",),
    ("run", "start"),
    ("cli",),
)
HEAVY = {
    "rasterio": {"rasters", "cogs"},
    "exactextract": {"zonal"},
    "folium": {"page"},
    "branca": {"page"},
    "js_lib_leaflet": {"page"},
    "matplotlib": {"figures"},
    "xlsxwriter": {"workbook"},
    "pyogrio": {"vectors", "geopackage", "extracts"},
    "numba": {"sight_rays"},
    "typer": {"cli", "commands", "fetch_commands", "options"},
    "pooch": {"downloads"},
    "requests": {"asking"},
    "rich": {"progress"},
    "dask": {"cluster"},
}
BUILD = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]


@cache
def tree(module):
    return ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))


def modules():
    return sorted(path.stem for path in PACKAGE.glob("*.py"))


def run_time_nodes(node):
    """Walk the tree without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from run_time_nodes(child)


@cache
def imports(module):
    """List the dotted names that a module imports when it runs, also inside functions."""
    names = set()
    for node in run_time_nodes(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            own = node.module == "frontline"
            names |= {f"frontline.{one.name}" for one in node.names} if own else {node.module}
    return frozenset(names)


@cache
def own_imports(module):
    named = {name.split(".")[1] for name in imports(module) if name.startswith("frontline.")}
    return frozenset(named & set(modules()))


def reached(module):
    """Follow the imports to the modules of ORDER, through those that are not in it."""
    named = {name for row in ORDER for name in row}
    found, todo = set(), set(own_imports(module))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo |= set() if name in named else own_imports(name)
    return found & named


@pytest.mark.parametrize(("row", "names"), list(enumerate(ORDER)))
def test_a_module_imports_only_from_above(row, names):
    above = {name for earlier in ORDER[:row] for name in earlier}
    for name in set(names) & set(modules()):
        assert reached(name) <= above, f"{name} imports from its own row or from below"


def test_no_modules_import_each_other():
    done = set()

    def visit(module, way):
        assert module not in way, " -> ".join([*way, module])
        if module not in done:
            for name in own_imports(module):
                visit(name, [*way, module])
            done.add(module)

    for module in modules():
        visit(module, [])


@pytest.mark.parametrize("library", sorted(HEAVY))
def test_a_heavy_library_has_its_one_user(library):
    users = {
        module
        for module in modules()
        if any(name.split(".")[0] == library for name in imports(module))
    }
    assert users - {"versions"} <= HEAVY[library]  # versions only asks what they are


@pytest.mark.parametrize("module", modules())
def test_no_print_and_no_blind_except(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            assert module == "cli", f"{module}, line {node.lineno} prints"
        if isinstance(node, ast.ExceptHandler) and module not in {"cli", "__main__"}:
            assert node.type is not None
            assert ast.unparse(node.type) not in {"Exception", "BaseException"}


@pytest.mark.parametrize("module", modules())
def test_every_public_name_is_described(module):
    assert ast.get_docstring(tree(module)), f"{module} has no docstring"
    for node in tree(module).body:
        described = isinstance(node, ast.FunctionDef | ast.ClassDef)
        if described and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module}.{node.name} has no docstring"


@pytest.mark.parametrize("module", modules())
def test_a_module_and_its_functions_can_be_read_in_one_go(module):
    assert len((PACKAGE / f"{module}.py").read_text("utf-8").splitlines()) <= 500
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef):
            described = ast.get_docstring(node) is not None
            first = node.body[min(described, len(node.body) - 1)]
            assert node.end_lineno - first.lineno < 60, f"{module}.{node.name} is too long"


def test_nothing_in_the_library_is_specific_to_the_example():
    place = re.compile(r"karabakh|armeni|azerbaij|stepanakert|khankendi|caucas", re.IGNORECASE)
    found = {
        f"{path.name}:{number}"
        for path in PACKAGE.glob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if place.search(line)
    }
    assert {where.split(":")[0] for where in found} <= {"demo.py", "cli.py"}, found


@cache
def handed_out():
    """List the text files that git holds; in an unpacked archive, those of the usual folders."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False
    ).stdout.decode()
    names = filter(None, listing.split("\0"))
    if not listing:
        folders = ("frontline", "layers", "scripts", "tests", "docs")
        found = [path for name in folders for path in (REPOSITORY / name).rglob("*")]
        names = (
            path.relative_to(REPOSITORY).as_posix() for path in [*found, *REPOSITORY.glob("*")]
        )
    paths = [REPOSITORY / name for name in names]
    return [
        path
        for path in paths
        if path.is_file() and path.suffix not in {".gpkg", ".tif", ".png", ".geojson", ".pyc"}
    ]


def test_no_file_names_this_machine_or_a_package_index():
    machine = re.compile(
        r"(?<![\w.])/(?:work|root|opt)/|(?<![\w.])/home/\w|(?:test\.)?pyp" + r"i\.org"
    )
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in handed_out()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if machine.search(line)
    ]
    assert found == []


def test_the_lock_pins_everything_with_hashes_and_no_address():
    lock = (REPOSITORY / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert not re.search(r"^-", lock, re.MULTILINE)
    assert not list(REPOSITORY.glob("uv.lock"))
    starts = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+( ; .+)? \\", line) for line in starts), starts
    names = [line.split("==")[0] for line in starts]
    assert len(names) == len(set(names))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
    ]
    assert {re.split(r"[<>=~ ]", requirement)[0] for requirement in wanted} <= set(names)
    assert lock.count("==") <= lock.count("--hash=sha256:")


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_a_script_explains_itself(script, tmp_path):
    command = [sys.executable, str(SCRIPTS / script), "--help"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert b"usage:" in answer.stdout.lower()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*BUILD, "--wheel-dir", str(folder), str(REPOSITORY)], check=True)
    return next(folder.glob("frontline_gis-*.whl"))


@pytest.mark.slow
def test_the_wheel_carries_the_example_and_nothing_of_the_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    example = "frontline/example/layers/karabakh"
    assert {
        f"{example}/project.toml",
        f"{example}/karabakh.gpkg",
        f"{example}/LICENCE.md",
        "frontline/example/dem/globe30s_karabakh.tif",
        "frontline/py.typed",
    } <= names
    carried = {path.relative_to(REPOSITORY).as_posix() for path in PACKAGE.glob("*.*")}
    assert carried <= names
    assert not [name for name in names if name.startswith(("tests", "scripts", "docs"))]


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_in_an_empty_folder(wheel, tmp_path):
    """A new environment sees this one's libraries, but frontline only from the wheel."""
    venv.create(tmp_path / "env", with_pip=False)
    programs = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    site = next((tmp_path / "env").glob("[Ll]ib*/**/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COV")},
        "PYTHONPATH": os.pathsep.join([str(site), *libraries]),
    }
    python = next(programs.glob("python*"))
    where = [str(python), "-c", "import frontline; print(frontline.__file__)"]
    found = subprocess.run(where, cwd=empty, env=environment, capture_output=True, check=True)
    assert Path(found.stdout.decode().strip()).is_relative_to(site)
    demo = [str(python), "-m", "frontline", "demo"]
    subprocess.run(demo, cwd=empty, env=environment, check=True)
    assert (empty / "out/karabakh/manifest.json").is_file()
    assert (empty / "out/karabakh/frontline.gpkg").is_file()


@pytest.mark.slow
def test_the_demo_runs_from_the_checkout(tmp_path):
    demo = [sys.executable, "-m", "frontline", "demo", "--out", str(tmp_path / "out")]
    subprocess.run(demo, cwd=tmp_path, check=True)
    assert (tmp_path / "out/manifest.json").is_file()


def test_old_pythons_can_read_the_bootstrap():
    """Python 3.7 must get as far as the sentence that says which Python is needed."""
    source = (REPOSITORY / "bootstrap.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 7))
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
