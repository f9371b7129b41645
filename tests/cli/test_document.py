"""The document of the command line names what there is, and the shell completes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from factories import REPOSITORY

from frontline.cli import main as cli

DOCUMENT = (REPOSITORY / "docs/command-line.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(cli.app).commands


def test_every_command_is_documented_and_none_that_is_not_there():
    assert set(re.findall(r"^\| `frontline (\w+)", DOCUMENT, flags=re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"fetch"}))
def test_every_option_of_a_command_is_documented(command):
    for parameter in COMMANDS[command].params:
        for option in parameter.opts:
            assert not option.startswith("-") or f"`{option}" in DOCUMENT, option


def test_the_exit_codes_are_those_of_the_code():
    codes = dict(re.findall(r"^\| (\d) \| ([^|]+) \|", DOCUMENT, flags=re.MULTILINE))
    assert [
        codes[str(code)].split()[0].strip(";,")
        for code in (cli.DONE, cli.BUG, cli.WRONG_INPUT, cli.INTERRUPTED)
    ] == [
        "done",
        "a",
        "the",
        "interrupted",
    ]
    assert len(codes) == 4


@pytest.mark.parametrize(
    ("words", "expected"),
    [("frontline di", {"diff"}), ("frontline run --pu", {"--public"}), ("frontline zz", set())],
)
def test_the_shell_completes_commands_and_options(words, expected):
    asked = {
        "_FRONTLINE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    script = Path(sys.executable).with_name("frontline")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "frontline"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | asked
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == expected
