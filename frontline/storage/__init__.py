"""Files, locks, archives, checkpoints, no network.

archives
    ZIP archives whose bytes depend on their content only.
checkpoint
    A folder of finished pieces of long work: what a run that was killed goes on from.
files
    Files named by the user: local, regular, whole. Nothing here opens what it has not looked at.
locks
    Who else is at work on a file: locks that end with their process, open GeoPackages.
offline
    GDAL and PROJ without a network: what a file asks for by address is not fetched.
plain
    Tables, geometry and records as plain arrays, and back: what is kept holds no code.
"""
