"""The maturity model: seven dimensions with five levels each, as versioned data in both languages.

A model is read from the folder of its version (`1.0/model.toml` and a file for each dimension) and checked as a whole before it is
used. An assessment keeps the version it was made with; `changes.toml` tells what sets versions apart.
"""

from service.datafiles import Damaged
from service.maturity.model.parts import (
    Difference,
    Dimension,
    Fact,
    Group,
    Indicator,
    Level,
    Model,
    Profile,
    Question,
    Release,
    Scale,
    ScaleKey,
    Step,
    Wording,
)
from service.maturity.model.reading import current, load, releases, versions

__all__ = [
    "Damaged",
    "Difference",
    "Dimension",
    "Fact",
    "Group",
    "Indicator",
    "Level",
    "Model",
    "Profile",
    "Question",
    "Release",
    "Scale",
    "ScaleKey",
    "Step",
    "Wording",
    "current",
    "load",
    "releases",
    "versions",
]
