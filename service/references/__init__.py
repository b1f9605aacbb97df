"""Published reference values: what others measured, with source, year, window and population, and what may be compared with it."""

from service.datafiles import Damaged
from service.references.parts import (
    Certainty,
    Comparable,
    Figure,
    Missing,
    Reference,
    References,
    Statistic,
    Use,
)
from service.references.reading import references

__all__ = [
    "Certainty",
    "Comparable",
    "Damaged",
    "Figure",
    "Missing",
    "Reference",
    "References",
    "Statistic",
    "Use",
    "references",
]
