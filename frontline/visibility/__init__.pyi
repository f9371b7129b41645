from .core import SightCounts as SightCounts
from .core import SightLines as SightLines
from .core import cumulative_viewshed as cumulative_viewshed
from .core import line_of_sight as line_of_sight
