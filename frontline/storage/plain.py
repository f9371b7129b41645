"""Tables, geometry and records as plain arrays, and back: what is kept holds no code.

A value becomes a tree of JSON and a list of arrays: numbers as they are, geometry as WKB, text and
mixed columns as JSON. Nothing is ever unpickled; records are built only of the classes that the
reader names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = list[NDArray[Any]]

_TREE = "tree"


def to_arrays(value: Any) -> dict[str, NDArray[Any]]:
    """Turn a value into plain arrays by name.

    Parameters
    ----------
    value
        Numbers, text, dates, None, tuples, lists, mappings, arrays, geometry, tables with or
        without geometry, and dataclasses of these.

    Raises
    ------
    TypeError
        Something else is in it.
    """
    arrays: Arrays = []
    tree = json.dumps(_take_apart(value, arrays)).encode()
    numbered = {str(number): array for number, array in enumerate(arrays)}
    return {_TREE: np.frombuffer(tree, dtype=np.uint8), **numbered}


def from_arrays(arrays: Mapping[str, NDArray[Any]], *, classes: Sequence[type]) -> Any:
    """Put a value together again.

    Parameters
    ----------
    arrays
        From `to_arrays`.
    classes
        The dataclasses that may stand in it.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError
        It is none of these, or names another class.
    """
    ordered = [arrays[str(number)] for number in range(len(arrays) - 1)]
    known = {one.__qualname__: one for one in classes}
    return _put_together(json.loads(arrays[_TREE].tobytes()), ordered, known)


def hash_value(value: Any) -> str:
    """Sum up a value that `to_arrays` takes: sha256 in hexadecimal digits."""
    digest = hashlib.sha256()
    for array in to_arrays(value).values():
        digest.update(f"\0{array.dtype.str}{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _take_apart(value: Any, arrays: Arrays) -> Any:
    if value is None or type(value) in {bool, int, float, str}:
        return value  # NaN and infinity have a place in Python's own JSON
    if is_dataclass(value) and not isinstance(value, type):
        own = [getattr(value, field.name) for field in fields(value)]
        return {type(value).__qualname__: [_take_apart(part, arrays) for part in own]}
    for kind, (types, take) in _TAKERS.items():
        if isinstance(value, types):
            return {kind: take(value, arrays)}
    raise TypeError(f"{type(value).__name__} cannot be kept (expected plain values).")


def _keep(array: NDArray[Any], arrays: Arrays) -> int:
    arrays.append(array)
    return len(arrays) - 1


def _put(data: bytes, arrays: Arrays) -> int:
    return _keep(np.frombuffer(data, dtype=np.uint8), arrays)


def _take_array(array: NDArray[Any], arrays: Arrays) -> Any:
    """Take apart an array: numbers whole, geometry as one run of WKB, objects one by one."""
    if array.dtype != object:
        return [_keep(array, arrays), 0, 0]
    flat = array.ravel()
    if len(flat) and all(one is None or isinstance(one, shapely.Geometry) for one in flat):
        blobs = [b"" if blob is None else blob for blob in shapely.to_wkb(flat)]
        sizes = np.array([len(blob) for blob in blobs], dtype=np.int64)
        return [_keep(sizes, arrays), _put(b"".join(blobs), arrays), list(array.shape)]
    return [None, [_take_apart(one, arrays) for one in flat], list(array.shape)]


def _take_table(table: pd.DataFrame, arrays: Arrays) -> Any:
    columns = [
        [name, str(table[name].dtype), _take_column(table[name], arrays)] for name in table.columns
    ]
    index = table.index
    simple = isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1
    labels = None if simple else _take_apart(index.to_numpy(), arrays)
    crs = getattr(table, "crs", None) if hasattr(table, "geometry") else None
    shape = getattr(table, "_geometry_column_name", None)
    named = [index.name, None if crs is None else crs.to_wkt()]
    return [len(table), columns, labels, shape, *named]


def _take_column(column: Any, arrays: Arrays) -> Any:
    if isinstance(column.dtype, pd.api.extensions.ExtensionDtype):
        return _take_apart(np.asarray(column.astype(object)), arrays)
    return _take_apart(column.to_numpy(), arrays)


def _take_parts(values: Iterable[Any], arrays: Arrays) -> Any:
    return [_take_apart(value, arrays) for value in values]


Taker = Callable[[Any, "Arrays"], Any]

_TAKERS: Mapping[str, tuple[type | tuple[type, ...], Taker]] = {
    "geometry": (shapely.Geometry, lambda value, arrays: _put(shapely.to_wkb(value), arrays)),
    "array": (np.ndarray, _take_array),
    "number": (np.generic, lambda value, arrays: _keep(np.array([value]), arrays)),
    "moment": (dt.datetime, lambda value, _: value.isoformat()),
    "date": (dt.date, lambda value, _: value.isoformat()),
    "table": (pd.DataFrame, _take_table),
    "mapping": (Mapping, lambda value, arrays: [_take_parts(p, arrays) for p in value.items()]),
    "tuple": (tuple, _take_parts),
    "list": (list, _take_parts),
    "unknown": (type(pd.NA), lambda _value, _arrays: None),
}
"""By kind: what is of it, and what takes it apart. The first that fits counts."""

Classes = Mapping[str, type]


def _put_together(tree: Any, arrays: Arrays, classes: Classes) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((kind, parts),) = tree.items()
    make = _MAKERS.get(kind)
    if make is not None:
        return make(parts, arrays, classes)
    values = [_put_together(part, arrays, classes) for part in parts]
    made = classes[kind]
    return made(**{field.name: part for field, part in zip(fields(made), values, strict=True)})


def _make_array(parts: Any, arrays: Arrays, classes: Classes) -> Any:
    numbers, blobs, shape = parts
    if shape == 0:
        return arrays[numbers].copy()
    flat = np.empty(int(np.prod(shape)), dtype=object)
    if numbers is None:
        flat[:] = [_put_together(one, arrays, classes) for one in blobs]
        return flat.reshape(shape)
    ends = np.cumsum(arrays[numbers])
    data = arrays[blobs].tobytes()
    pieces = [data[end - size : end] for end, size in zip(ends, arrays[numbers], strict=True)]
    flat[:] = [shapely.from_wkb(piece) if piece else None for piece in pieces]
    return flat.reshape(shape)


def _make_table(parts: Any, arrays: Arrays, classes: Classes) -> Any:
    rows, columns, labels, shape, name, crs = parts
    values = {
        column: pd.Series(_put_together(tree, arrays, classes), dtype=_DTYPES.get(dtype, dtype))
        for column, dtype, tree in columns
    }
    table = pd.DataFrame(values, index=pd.RangeIndex(rows), columns=[one for one, _, _ in columns])
    if labels is not None:
        table.index = pd.Index(_put_together(labels, arrays, classes))
    table.index.name = name
    if shape is None:
        return table
    import geopandas as gpd

    return gpd.GeoDataFrame(table, geometry=shape, crs=crs)


_DTYPES: Mapping[str, Any] = {"geometry": object}

_MAKERS: Mapping[str, Callable[[Any, Arrays, Classes], Any]] = {
    "geometry": lambda parts, arrays, _: shapely.from_wkb(arrays[parts].tobytes()),
    "array": _make_array,
    "number": lambda parts, arrays, _: arrays[parts][0],
    "moment": lambda parts, _arrays, _: dt.datetime.fromisoformat(parts),
    "date": lambda parts, _arrays, _: dt.date.fromisoformat(parts),
    "table": _make_table,
    "mapping": lambda parts, arrays, classes: {
        _put_together(key, arrays, classes): _put_together(part, arrays, classes)
        for key, part in parts
    },
    "tuple": lambda parts, arrays, classes: tuple(
        _put_together(part, arrays, classes) for part in parts
    ),
    "list": lambda parts, arrays, classes: [_put_together(part, arrays, classes) for part in parts],
    "unknown": lambda _parts, _arrays, _: pd.NA,
}
