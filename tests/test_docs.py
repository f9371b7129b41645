"""What the documents say is done here as written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from factories.projects import made_project

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
QUESTIONS = {
    "population_within_15km.py": ["settlements", "districts", "new"],
    "line_of_sight.py": ["visible", "places came into sight"],
    "compare_lines.py": ["Land (km2", "changed"],
    "make_map.py": ["map.html"],
    "export_geopackage.py": ["frontline.gpkg"],
}


def blocks(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, block in enumerate(blocks("docs/tutorial.md"), start=1):
        exec(compile(block, f"docs/tutorial.md, block {number}", "exec"), names)
    assert (tmp_path / "tutorial/map.html").stat().st_size > 100_000
    assert (tmp_path / "tutorial/settlements.csv").is_file()
    assert names["results"]._repr_html_().startswith("<h3>Karabakh")


def test_the_schema_is_what_the_code_says():
    from frontline.workflow.scaffold import schema

    assert (ROOT / "docs/schema.md").read_text(encoding="utf-8").strip() == schema().strip()


def test_public_names_exist_and_none_is_hidden_by_a_module():
    import frontline

    modules = {path.stem for path in (ROOT / "frontline").glob("*.py")}
    for name in frontline.__all__:
        assert callable(getattr(frontline, name))
        assert name not in modules


@pytest.mark.parametrize("document", ["README.md", "docs/tutorial.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (ROOT / document).parent.joinpath(target).exists(), target


def test_commands_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^frontline (\w+)", text, flags=re.MULTILINE))
    assert commands
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "frontline", command, "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0, command


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_explains_itself_and_is_short(script):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 100
    done = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return made_project(tmp_path_factory.mktemp("project"))


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_on_any_project(name, project, tmp_path):
    script = ROOT / "scripts" / name
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 60
    done = subprocess.run(
        [sys.executable, script, project],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for expected in QUESTIONS[name]:
        assert expected in done.stdout


def test_a_script_says_what_is_wrong_in_one_line(tmp_path):
    script = ROOT / "scripts" / "compare_lines.py"
    done = subprocess.run(
        [sys.executable, script, "nowhere.toml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
