import datetime

import pytest
import yaml

from redraft.llm import cost_usd
from redraft.llm.prices import PRICES


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"])
def test_a_dated_name_costs_what_its_name_costs(model):
    assert cost_usd(model, 1000, 100) == pytest.approx((1000 * 0.40 + 100 * 1.60) / 1e6)


@pytest.mark.parametrize("model", ["", "gpt-4.1-mini-tuned", "llama-3"])
def test_an_unknown_model_has_no_known_cost(model):
    assert cost_usd(model, 1000, 100) is None


def test_the_list_says_when_it_was_checked_and_has_two_prices_a_model():
    listed = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    assert isinstance(listed["checked"], datetime.date)
    assert all(len(price) == 2 and min(price) >= 0 for price in listed["models"].values())
