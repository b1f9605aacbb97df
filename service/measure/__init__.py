"""Measuring: from the activity log and what is known of people and rooms to measurements."""

from service.measure.run import Registered, Summary, measure

__all__ = ["Registered", "Summary", "measure"]
