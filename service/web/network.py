"""Between the units: how each of them takes part and with whom it talks, as far as that may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Metric
from service.language import Language
from service.published import Published
from service.web.dashboard import PULSE, Option
from service.web.figures import Figure, figures
from service.web.maps import heat
from service.web.pictures import Painter, Picture

NETWORK = (
    "cross_unit_share",
    "covered_unit_pairs",
    "contact_diversity",
    "ei_index",
    "ei_expected",
    "bridging_share",
    "unit_modularity",
    "best_modularity",
)
FIELDS = (
    "ei_index",
    "active_share",
    "contributor_share",
    "response_rate",
    "interactive_share",
    "interactive_share_created",
    "dialogue_share",
    "reply_ratio",
    "time_to_first_response",
)
"""What the field of units over time can show; the first is the one about talking to other units."""


@dataclass(frozen=True)
class BetweenUnits:
    """`field` is the chosen metric of every unit over time."""

    figures: Sequence[Figure]
    absent: Sequence[str]
    field: Picture | None
    options: Sequence[Option]
    chosen: str


def between_units(
    published: Published, painter: Painter, language: Language, query: Mapping[str, str]
) -> BetweenUnits:
    """`query` may choose the `metric` of the field; without a choice that was published the first that shows values counts."""
    shown, absent = figures(published, NETWORK, PULSE, language)
    offered = _offered(published)
    metric = next((one for one in offered if one.key == query.get("metric")), next(iter(offered), None))
    field = None
    if metric is not None:
        cells = published.over_places("unit", metric.key, PULSE)
        field = heat(painter, "field", metric, cells, language.text("Unit"))
    return BetweenUnits(
        figures=shown,
        absent=absent,
        field=field,
        options=[Option(one.key, language.label(one.label), one is metric) for one in offered],
        chosen=metric.key if metric else "",
    )


def _offered(published: Published) -> list[Metric]:
    """Those that show a value first; the others too, so that one sees that and why they are hidden."""
    there = [CATALOG[key] for key in FIELDS if (key, "unit", PULSE) in published.available]
    return sorted(there, key=lambda metric: (metric.key, "unit", PULSE) not in published.shown)
