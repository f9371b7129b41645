"""Languages of names, as far as the names of their columns tell: ``name_ru`` holds Russian ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw "
    "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
ISO_639_1 = frozenset(_CODES.split())
"""Without ``id``, which is an identifier, and of two letters: ``alt`` would be Southern Altai."""
_NAMED = re.compile(r"(?:name|label)(?:_alt|_other)?[_:.\-]([a-z]{2})(?:[_\-]([A-Z][a-z]{3}))?")


def column_language(column: str) -> str:
    """Tell the language of the names in a column.

    Parameters
    ----------
    column
        As the file calls it: ``name_ru``, ``name:uk``, ``name_sr-Cyrl``.

    Returns
    -------
    A tag as HTML wants it, ``ru`` or ``sr-Cyrl``; an empty text where the name tells none.

    References
    ----------
    BCP 47 (RFC 5646), Tags for Identifying Languages; ISO 639-1.
    """
    match = _NAMED.fullmatch(column)
    if match is None or match[1] not in ISO_639_1:
        return ""
    return "-".join(part for part in match.groups() if part)


def name_languages(columns: Mapping[str, str]) -> dict[str, str]:
    """Tell the languages of our columns of names from those they were taken from.

    Parameters
    ----------
    columns
        Our column = the file's column, as in the project file.
    """
    found = {ours: column_language(theirs) for ours, theirs in columns.items()}
    return {ours: language for ours, language in found.items() if language}


def further_names(columns: Iterable[str]) -> dict[str, str]:
    """Find the columns that hold names in a language of their own, and which."""
    found = {str(column): column_language(str(column)) for column in columns}
    return {column: language for column, language in found.items() if language}
