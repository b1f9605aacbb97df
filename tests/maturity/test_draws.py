"""Draws in short."""

import numpy as np
import pytest

from service.maturity.draws import interval, quantiles


def test_the_middle_holds_ninety_five_per_cent():
    low, high = interval(np.arange(1001) / 1000)
    assert (low, high) == pytest.approx((0.025, 0.975))


def test_equally_likely_values_stand_for_all_draws():
    drawn = np.random.default_rng(1).normal(3, 0.2, 20_000)
    short = np.array(quantiles(drawn))
    assert short.mean() == pytest.approx(drawn.mean(), abs=0.005)
    assert interval(short) == pytest.approx(interval(drawn), abs=0.02)
