"""Who lives near a front line, on which side, in sight of it, and what changed."""

__version__ = "0.1.0"
