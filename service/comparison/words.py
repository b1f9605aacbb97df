"""Words in both languages, as a part of what the API answers."""

from dataclasses import dataclass

from metrics.metric import Label


@dataclass(frozen=True, slots=True)
class BothLanguages(Label):
    """The same words in German and English; under a name of its own in the description of the API."""


def both(label: Label) -> BothLanguages:
    return BothLanguages(de=label.de, en=label.en)
