"""Raster files, grids, zonal statistics.

grid
    Grids of heights: the size of cells on the ground, values between cells, other planes.
io
    Raster files: checked opening, windows, cloud-optimised GeoTIFF as output.
points
    People of a raster as points, for what hundreds of displaced lines do to them.
zonal
    Zonal statistics: sums of people and areas of classes within polygons.
"""
