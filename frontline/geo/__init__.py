"""The plane, geodesy, polygonizing, the antimeridian.

antimeridian
    Cut geometries where the longitude jumps, so that longitude and latitude can hold them.
datum
    How a datum lies to WGS 84: whether that is known, and whether two grids differ by it only.
densify
    Edges of geometries: what is straight in one coordinate system, bent into another.
geodesy
    Measures that are true on the ellipsoid, of geometry that lies in the plane of the run.
polygonize
    Cut an area by lines into faces, whatever pieces the lines come in, and label the faces.
projection
    One plane for the whole run, in which areas are true and no meridian is special.
"""
