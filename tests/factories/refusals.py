"""Projects that are refused: the message, held to what every message must be."""

import pytest

from factories.layers import layers
from frontline.errors import LayerError


def refused(folder, more="", **options):
    """Read a project that cannot be read; returns what is said."""
    with pytest.raises(LayerError) as caught:
        layers(folder, more, **options)
    message = str(caught.value)
    assert all(line.isprintable() for line in message.splitlines())
    assert str(folder) not in message
    return message
