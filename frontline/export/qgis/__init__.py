"""The QGIS project and its styles.

layers
    Which layer of the GeoPackage is drawn how, and the styles kept inside the file.
layout
    Print layouts of the QGIS project: a page per theme, ready to be exported.
project
    The QGIS project file: layers, groups, themes, settings.
style
    Styles as QGIS reads them (QML): symbols, rules, labels, colour ramps of rasters.
"""
