"""Findings: strengths, gaps, disagreements, risks and chances, derived by declared rules, each with what it rests on."""

from service.advice.findings.found import Evidence, Finding, found, situation_for
from service.advice.findings.parts import REGISTERED, Kind, Rule, Rules
from service.advice.findings.reading import current, load, releases

__all__ = [
    "REGISTERED",
    "Evidence",
    "Finding",
    "Kind",
    "Rule",
    "Rules",
    "current",
    "found",
    "load",
    "releases",
    "situation_for",
]
