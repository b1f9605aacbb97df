"""The promises, one row each: what is promised, the figure to hit, and what looks whether it is hit."""

from benchmarks.assurance.protection import PROTECTION
from benchmarks.assurance.reliability import RELIABILITY

PROMISES = (*RELIABILITY, *PROTECTION)
