"""The house rules, held over the syntax tree and over the files as they are handed out."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from functools import cache
from pathlib import Path

import grimp
import pytest

from frontline.project.example import find_example
from frontline.project.loader import load_project

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "frontline"
SCRIPTS = REPOSITORY / "scripts"

HEAVY = {
    "rasterio": {"raster.io", "raster.points", "raster.zonal"},
    "exactextract": {"raster.zonal"},
    "folium": {"results.explore", "results.model"},
    "jinja2": {"export.html"},
    "js_lib_leaflet": {"export.web.page"},
    "matplotlib": {"export.maps.canvas", "export.maps.files"},
    "xlsxwriter": {"export.workbook"},
    "pyogrio": {"inputs.formats", "export.geopackage", "fetch.osm"},
    "numba": {"compiling", "visibility.kernels.rays"},
    "typer": {"cli.main", "cli.commands", "cli.fetch", "cli.options", "cli.terminal"},
    "filelock": {"storage.locks"},
    "platformdirs": {"storage.checkpoint"},
    "requests": {"fetch.http"},
    "urllib3": {"fetch.http"},
    "rich": {"progress"},
}
BUILD = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]


@cache
def tree(module):
    return ast.parse(path_of(module).read_text("utf-8"))


def path_of(module):
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def modules():
    """List the modules by their dotted names within the library; packages by their folder."""
    parts = [path.relative_to(PACKAGE).with_suffix("").parts for path in PACKAGE.rglob("*.py")]
    return sorted(
        ".".join(part[:-1] if part[-1] == "__init__" else part)
        for part in parts
        if part != ("__init__",)
    )


def packages():
    return sorted({path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE})


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


def test_imports_run_downward_only():
    """The contracts in pyproject.toml: layers, siblings apart, kernels that know arrays only."""
    linter = shutil.which("lint-imports", path=Path(sys.executable).parent) or "lint-imports"
    done = subprocess.run(
        [linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_modules_import_each_other():
    """Not even for a type checker."""
    graph = grimp.build_graph("frontline", cache_dir=None)
    cycles = {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if graph.chain_exists(importer=imported, imported=importer)
    }
    assert cycles == set()


@pytest.mark.parametrize("package", packages(), ids=lambda path: path.name)
def test_a_package_lists_its_modules(package):
    """A heading line for each module, below it the first line of its own docstring."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8")))
    for path in sorted(package.glob("[!_]*.py")):
        first = ast.get_docstring(ast.parse(path.read_text("utf-8"))).splitlines()[0]
        assert f"\n{path.stem}\n    {first}" in text, path.name
    for path in sorted(package.glob("*/__init__.py")):
        first = ast.get_docstring(ast.parse(path.read_text("utf-8"))).splitlines()[0]
        assert f"\n{path.parent.name}/\n    {first}" in text, path.parent.name
    names = {line for line in text.splitlines()[2:] if line and not line.startswith(" ")}
    there = {path.stem for path in package.glob("[!_]*.py")}
    there |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert names == there


def test_the_readme_names_every_package():
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    for package in PACKAGE.glob("*/__init__.py"):
        assert f"`{package.parent.name}`" in readme, package.parent.name


def test_tests_mirror_the_packages():
    tests = REPOSITORY / "tests"
    beside = {"baselines", "bench", "data", "factories", "__pycache__"}
    folders = {path.relative_to(tests).as_posix() for path in tests.rglob("*") if path.is_dir()}
    for folder in folders:
        if not {*folder.split("/")} & beside:
            assert (PACKAGE / folder).is_dir(), f"tests/{folder} mirrors no package"


@pytest.mark.parametrize("library", sorted(HEAVY))
def test_a_heavy_library_has_its_one_user(library):
    users = {
        module
        for module in modules()
        if any(name.split(".")[0] == library for name in imports(module))
    }
    assert users - {"export.manifest"} <= HEAVY[library]  # which only asks what they are


@pytest.mark.parametrize("module", modules())
def test_no_print_and_no_blind_except(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            assert module == "cli.main", f"{module}, line {node.lineno} prints"
        if isinstance(node, ast.ExceptHandler) and module not in {"cli.main", "__main__", "errors"}:
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
def test_a_function_fits_on_a_screen(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef):
            described = ast.get_docstring(node) is not None
            first = node.body[min(described, len(node.body) - 1)]
            assert node.end_lineno - first.lineno < 60, f"{module}.{node.name} is too long"


# Called by position by a library, or as a value by another function of ours.
CALLED_BACK = {
    "claims.verdict": {"ask_anew"},
    "export.geojson": {"write_geojson", "write_geoparquet"},
    "export.geopackage": {"write_geopackage"},
    "export.maps.files": {"write_map_pdf", "write_map_png"},
    "export.maps.sheets": {"draw_chart_sheet"},
    "export.qgis.project": {"write_qgis_project"},
    "export.report.report": {"write_report"},
    "export.web.page": {"write_page"},
    "export.workbook": {"write_workbook"},
    "fetch.elevation_sources": {"check_tile_head"},
    "fetch.landcover": {"check_cover_head"},
    "fetch.osm": {"read_osm_places", "read_osm_roads"},
    "geo.antimeridian": {"offset_degrees", "settle_half_turns"},
    "progress": {"report_nothing"},
    "results.tables": {"write_csv"},
}
SPREAD = {
    "analysis.distances": {"divide_distances"},
    "elevation.dem": {"to_dem_crs"},
    "elevation.terrain": {"find_half_widths"},
    "executor": {"map_pieces"},
    "fetch.windows": {"estimate_window_size"},
    "lines.measures": {"measure_frechet", "measure_hausdorff"},
    "raster.grid": {"measure_cell_steps"},
    "results.numbers": {"round_figure", "round_series", "write_rounded"},
}
"""Functions whose arguments are one thing: two lines, a figure and its interval, work in pieces."""


def test_arguments_after_the_subject_are_keyword_only():
    """Kernels are compiled, columns are rows of a table, commands and metrics are read by name."""
    apart = ("visibility.kernels", "uncertainty.kernels", "cli.", "claims.metrics.")
    loose = {}
    for module in modules():
        if module.startswith(apart) or module == "schema":
            continue
        for node in tree(module).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                allowed = CALLED_BACK.get(module, set()) | SPREAD.get(module, set())
                if len(node.args.args) > 1 and node.name not in allowed:
                    loose.setdefault(module, []).append(node.name)
    assert loose == {}


def test_no_public_name_stands_for_two_things():
    named = {}
    for module in modules():
        if ".kernels" in module or module.startswith("cli."):
            continue
        for node in tree(module).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(module)
    assert {name: where for name, where in named.items() if len(where) > 1} == {}


def test_nothing_in_the_library_is_specific_to_the_example():
    place = re.compile(r"karabakh|armeni|azerbaij|stepanakert|khankendi|caucas", re.IGNORECASE)
    found = {
        f"{path.name}:{number}"
        for path in PACKAGE.rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if place.search(line)
    }
    assert {where.split(":")[0] for where in found} <= {"example.py", "main.py"}, found


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
    carried = {path.relative_to(REPOSITORY).as_posix() for path in PACKAGE.rglob("*.*")}
    assert {name for name in carried if not name.endswith((".pyc", ".nbi", ".nbc"))} <= names
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


def test_the_example_is_found_in_the_checkout():
    """What the wheel's demo computes from its own copy; its figures are those of its claims."""
    project = load_project(find_example())
    assert project.path.is_relative_to(REPOSITORY)
    assert project.elevation is not None
    assert project.elevation.path.is_relative_to(REPOSITORY)


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
