"""What rules for findings are made of. Values read from data files; nothing here knows an organisation."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from service.advice.catalogue.parts import Role
from service.advice.catalogue.triggers import Condition
from service.maturity.model.parts import Part, Text


class Kind(StrEnum):
    """What a finding is. Risks and chances form a register: they are listed even where no sign of them shows."""

    STRENGTH = "strength"
    GAP = "gap"
    DISAGREEMENT = "disagreement"
    RISK = "risk"
    CHANCE = "chance"


REGISTERED = frozenset({Kind.RISK, Kind.CHANCE})


class Rule(Part):
    """When something is found (`condition`), what it means and what follows.

    `matters` weighs it within its dimension, from 1 to 3. `owner` is the function that answers for a risk or chance, whose signs the
    condition names. `measures` are those of the catalogue that fit.
    """

    key: str
    kind: Kind
    dimension: str
    matters: Annotated[int, Field(ge=1, le=3)]
    condition: Condition
    owner: Role | None = None
    measures: tuple[str, ...] = ()
    title: Text
    means: Text
    follows: Text

    @model_validator(mode="after")
    def _owned(self) -> Self:
        if (self.kind in REGISTERED) is (self.owner is None):
            raise PydanticCustomError(
                "owner", "does not fit: a risk or a chance has an owner (a role), nothing else has"
            )
        return self


class Rules(Part):
    """A version of the rules. `digest` is the SHA-256 of its data."""

    version: str
    released: date
    name: Text
    description: Text
    findings: tuple[Rule, ...]
    digest: str

    def of(self, kind: Kind) -> tuple[Rule, ...]:
        """Those of a kind, in the order written."""
        return tuple(one for one in self.findings if one.kind is kind)


class Release(Part):
    """A version in the change log. `digest` is the SHA-256 of its data files: a version that was released never changes."""

    version: str
    released: date
    digest: str
    summary: Text


class Log(Part):
    releases: tuple[Release, ...]


class General(Part):
    """What holds for a version as a whole."""

    version: str
    released: date
    order: tuple[str, ...]
    name: Text
    description: Text


class Written(Part):
    """The rules of one file."""

    findings: tuple[Rule, ...]
