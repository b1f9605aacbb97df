"""What the codes of a comparison mean in a reader's words."""

from service.comparison.comparable import Step, Unfit
from service.comparison.draw import Withheld
from service.comparison.history import Course
from service.comparison.outside import Relation
from service.language import N_
from service.references import Statistic

STEPS = {
    Step.INDUSTRY_SIZE_COUNTRY: N_("same industry, size and country"),
    Step.INDUSTRY_SIZE: N_("same industry and size"),
    Step.INDUSTRY: N_("same industry"),
    Step.SIZE: N_("same size"),
    Step.ALL: N_("all comparable organisations"),
}

UNFIT = {
    Unfit.SYNTHETIC: N_("synthetic data are not compared with real ones"),
    Unfit.NOTHING_TOLD: N_("they tell nothing of it"),
    Unfit.STALE: N_("older than 18 months"),
    Unfit.COVERAGE_UNKNOWN: N_("how much of their activity was read is not known"),
    Unfit.COVERAGE_LOW: N_("less than four fifths of their activity was read"),
    Unfit.OTHER_MODEL: N_("assessed with another, not comparable version of the model"),
}

WITHHELD = {
    Withheld.FEW_PEERS: N_("fewer than five comparable organisations tell it"),
    Withheld.FEW_CHANGED: N_(
        "too few peers changed since the last drawing; a new one would tell of single ones"
    ),
    Withheld.UNIFORM: N_("all peers are practically alike; quartiles would tell the value of each"),
}

COURSES = {
    Course.ROSE: N_("risen"),
    Course.FELL: N_("fallen"),
    Course.NOT_DECIDABLE: N_("no change that is certain"),
}

RELATIONS = {
    Relation.HIGHER: N_("ours is higher"),
    Relation.LOWER: N_("ours is lower"),
    Relation.NOT_APART: N_("can not be told apart"),
    Relation.NOT_FIRM: N_("neither higher nor lower is said: the value is not known from its source"),
    Relation.NO_INTERVAL: N_("neither higher nor lower is said: how exact our value is is not known"),
    Relation.OWN_UNKNOWN: N_("our value is not shown"),
}

STATISTICS = {
    Statistic.MEAN: N_("mean"),
    Statistic.MEDIAN: N_("median"),
    Statistic.FIRST_QUARTILE: N_("first quartile"),
    Statistic.THIRD_QUARTILE: N_("third quartile"),
    Statistic.SHARE: N_("share of all together"),
}
"""Of other statistics the label of a figure says what it is."""
