"""The map page: one file that asks no network for anything.

basemap
    Online tiles under the page, by choice: which server, what it learns, what it must be called.
data
    What the page carries: Results as plain numbers, texts and short coordinates.
overlays
    Rasters as pictures for the page: warped to Web Mercator, written as small indexed PNGs.
page
    The page: one HTML file that opens without a network, from a template, Leaflet and our script.
"""
