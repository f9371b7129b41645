"""Public data onto this computer: elevation, people, land cover, places, roads, boundaries.

cache
    A cache of providers' files: each whole, checked, fetched once, usable without a network.
elevation
    `frontline fetch elevation`: from a project with a network to one with real heights.
elevation_sources
    Elevation in tiles of one degree: providers, the user's own folder, where each tile is.
geoboundaries
    geoBoundaries: districts of a country with codes, source, year and licence of each release.
geonames
    GeoNames: settlements of a country with their names in several languages.
http
    Requests and transfers over HTTP: polite, within time, resumable, whole or not at all.
land_mask
    Which tiles of one degree hold land: a tile that a provider lacks is never taken for sea.
landcover
    `frontline fetch landcover`: ESA WorldCover, of tiles of three degrees only what is needed.
layers
    `frontline fetch places`, `roads` and `boundaries`: layers with names, codes and licences.
mosaic
    Tiles of elevation put together into one raster, voids filled by a stated method.
osm
    Roads and places of OpenStreetMap: asked by area, or read from an extract.
population
    `frontline fetch population`: people on grids, by product and year, cut to what is needed.
ranges
    A provider's file read where it is needed, by HTTP range requests.
request
    What every `frontline fetch` begins and ends with: project, area, folder, notes, tables.
windows
    Windows of providers' rasters: only what is needed is fetched, and kept in the cache.
"""
