"""The published values for machines: JSON and CSV under /api/v1."""
