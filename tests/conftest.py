"""Fixtures that several tests share."""

pytest_plugins = ["browser"]
