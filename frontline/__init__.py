"""Who lives near a front line, on which side, in sight of it, and what changed.

>>> import frontline
>>> project = frontline.load_project(frontline.find_example())
>>> results = frontline.compute(project)
>>> results.people

These are the names most scripts need; each is imported when it is first asked for, and
``__init__.pyi`` tells type checkers and editors what they are. Everything else is reached through
the module that it is in, as in ``from frontline.lines.zones import buffer_zones``.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
