"""Every message of the library, read from its source: the grammar of errors can be held to it.

A message says *what is wrong (what was expected). What to do.* Values that are put in stand as
``{}`` here; a sentence that is put in whole, such as an offer of the nearest name, counts as one.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import frontline

HERE = Path(frontline.__file__).parent
ERRORS = ("FrontlineError", "ProjectError", "LayerError", "RasterError", "OutputError")
MAKERS = {*ERRORS, "DownloadError", "fault"}
"""What is called with a message."""

SENTENCES = {
    "CHANGED",
    "_advise",
    "_suggest_neighbour",
    "_suggest_key",
    "_suggest_toml_fix",
    "find_file_fault",
    "suggest_name",
}
"""What stands for a whole sentence, or ends with one, where it ends a message."""

MADE_ELSEWHERE = {("project.messages", "_describe_error"), ("storage.files", "find_file_fault")}
"""Functions that give a message back."""

READERS = {
    "inputs.fields",
    "project.types",
    "storage.files",
    "project.models",
    "claims.ledger",
    "project.loader",
}
"""Modules whose ValueErrors become messages."""


@dataclass(frozen=True)
class Message:
    """A message and where it is made."""

    module: str
    line: int
    text: str

    def __str__(self):
        return f"{self.module}:{self.line}: {self.text}"


def complete(text):
    """Tell whether a message has its two sentences: what is wrong, and what to do."""
    sentences = re.split(r"(?<=[^.][.?}])\s+(?=[A-Z'{])|(?=\{sentence\})", text)
    text = re.sub(r"(?<=[.?] )\{\}$", "{sentence}", text)
    command = re.search(r"[:,] \S", sentences[-1])  # what is to be typed ends without a stop
    return len(sentences) > 1 and (bool(command) or text.endswith((".", "?", "{sentence}")))


def messages():
    """Read every message from the source of the library."""
    return [
        Message(module, line, text)
        for module, path in sorted(_modules())
        for line, text in _of_module(path, module)
    ]


def _modules():
    """Give each module's dotted name within the library, and its file."""
    for path in HERE.rglob("*.py"):
        yield ".".join(path.relative_to(HERE).with_suffix("").parts), path


def _of_module(path, module):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _of_function(node, module)


def _of_function(function, module):
    names = _assigned(function)
    own = list(_inside(function))
    for node in own:
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in MAKERS or (name == "ValueError" and module in READERS):
                yield from _read(node.args[0], names)
    if function.name == "wrong" or (module, function.name) in MADE_ELSEWHERE:
        for node in own:
            if isinstance(node, ast.Return) and node.value is not None:
                yield from _read(node.value, names)
    if module == "project.messages":
        for node in own:
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                yield from _read(node.value.elts[1], names)


def _inside(function):
    """Walk a function without those that it defines, which are read by themselves."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _inside(child)


def _assigned(function):
    found = {}
    for node in _inside(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def _read(node, names):
    """Yield the texts that an expression can be; nothing for what is made elsewhere."""
    for text in _texts(node, names):
        if re.sub(r"\{\w*\}", "", text).strip():
            yield node.lineno, text


def _texts(node, names):
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else ["{}"]
    if isinstance(node, ast.JoinedStr):
        return _joined([_texts(part, names) for part in node.values])
    if isinstance(node, ast.FormattedValue):
        return _texts(node.value, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined([_texts(node.left, names), _texts(node.right, names)])
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, names), *_texts(node.orelse, names)]
    if isinstance(node, ast.BoolOp):
        return [text for part in node.values for text in _texts(part, names)]
    if isinstance(node, ast.Name) and node.id in names:
        known = {name: values for name, values in names.items() if name != node.id}
        return [text for value in names[node.id] for text in _texts(value, known)]
    name = node.func if isinstance(node, ast.Call) else node
    word = getattr(name, "id", getattr(name, "attr", ""))
    return ["{sentence}"] if word in SENTENCES else ["{}"]


def _joined(parts):
    found = [""]
    for texts in parts:
        found = [before + text for before in found for text in texts]
    return found
