"""Vector layers and tables of the user, read and checked.

csv
    Tables as text and as sheets: separators, encodings, and cells that would run as formulas.
fields
    Cells of a table: our columns found among the user's, and every value checked.
formats
    Vector files as they are: told by their first bytes, opened safely, read whole.
geojson
    GeoJSON as it is before GDAL sees it: its encoding, its CRS, what hides in it.
geometry
    Geometry as it was drawn: what can be used, what is wrong with the rest, and where.
geopackage
    GeoPackages as SQLite sees them: sound, of plain tables, every cell of the type it promises.
hxl
    Tags of HXL: a second row of names, by which humanitarian tables say what a column holds.
kml
    KML as it is before GDAL sees it: told by its first element, without entities or links.
layers
    The vector layers of a project: every one read, checked and brought into one plane.
lettering
    Text that was read in an encoding that does not fit: letters that no name is written in.
location
    Layers that lie elsewhere than the study area, and why that may be.
normalize
    From a layer of the user to what the analyses rely on: fields by role, names, stable ids.
partitions
    Partitions: the parts of the study area that a project names, and the land of each.
reader
    One layer of the project, read and checked in its own CRS.
series
    Lines of many dates in one layer: a line for each date of a column.
shapefile
    Shapefiles brought together under a neutral name: of one set, their text in one encoding.
tables
    Tables without geometry: read with the same care as layers, every cell checked.
xlsx
    Sheets of a workbook, cell by cell as they are stored: numbers, text, dates, true and false.
"""
