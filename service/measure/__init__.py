"""Measuring: from the activity log and what is known of people and rooms to measurements."""

from service.measure.run import Summary, measure

__all__ = ["Summary", "measure"]
