"""Comparison of an organisation with its own past, with at least five comparable organisations, and with published values."""

from service.comparison.compare import Comparison, comparison_of

__all__ = ["Comparison", "comparison_of"]
