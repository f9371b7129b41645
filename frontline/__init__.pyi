from .analysis.change import find_control_changes as find_control_changes
from .analysis.change import find_land_changes as find_land_changes
from .cli.main import run_script as run_script
from .elevation.dem import read_dem as read_dem
from .errors import FrontlineError as FrontlineError
from .export.geopackage import write_geopackage as write_geopackage
from .export.manifest import hash_of_inputs as hash_of_inputs
from .export.maps.files import write_map_png as write_map_png
from .export.web.page import write_page as write_page
from .export.workbook import write_workbook as write_workbook
from .inputs.layers import read_layers as read_layers
from .lines.front import displace_front as displace_front
from .lines.front import read_fronts as read_fronts
from .population.within import count_people_within as count_people_within
from .project.example import copy_example as copy_example
from .project.example import find_example as find_example
from .project.loader import load_project as load_project
from .project.loader import replace_parts as replace_parts
from .results.tables import write_csv as write_csv
from .visibility.core import cumulative_viewshed as cumulative_viewshed
from .visibility.core import line_of_sight as line_of_sight
from .workflow.run import compute as compute

__version__: str
