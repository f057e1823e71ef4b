"""Fixtures that several tests share."""

from browser import browser

__all__ = ["browser"]
