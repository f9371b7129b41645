"""Results as files, published whole or not at all.

features
    The layers of the GeoPackage as plain arrays: one feature per row, names that SQLite takes.
geojson
    The layers of the GeoPackage as GeoJSON and GeoParquet, for programs that read those.
geopackage
    The GeoPackage: layers, styles, aliases and metadata, the same bytes from run to run.
html
    Text that is inert in HTML: escaping, templates that escape, data inside pages.
manifest
    The manifest: hashes of inputs and outputs, parameters, versions.
maps/
    Maps on paper: PNG and PDF.
metadata
    Metadata: what data are, who made them, under which licence, for QGIS and for GDAL.
publish
    Publishing results: whole files, the old or the new, and a manifest that tells which.
qgis/
    The QGIS project and its styles.
rasters
    The rasters of a run as files: posts in sight and the shaded relief, each with its style.
report/
    The report: a document for readers, from the results alone.
web/
    The map page: one file that asks no network for anything.
workbook
    The workbook: a sheet per table, and a first sheet that says what everything is.
writers
    Which writers a run calls: one function for each file of the results.
"""
