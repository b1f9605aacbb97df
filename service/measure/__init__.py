"""Measuring: from the activity log and what is known of people and rooms to measurements."""

from service.measure.run import Summary, Work, measure

__all__ = ["Summary", "Work", "measure"]
