"""Numbers in words: rounded so that they never claim more than was found."""

import numpy as np

from stories.synchrony.score import Chance
from stories.synchrony.wording import lower, others_of, upper


def test_an_interval_is_rounded_outwards():
    assert [lower(0.3499), lower(0.35), lower(-0.121), lower(np.nan)] == [".34", ".35", "−.13", "–"]
    assert [upper(0.501), upper(0.5), upper(-0.129), upper(0.999)] == [".51", ".50", "−.12", "1.00"]


def test_a_pool_with_real_tellers_is_not_called_simulated():
    assert others_of(Chance("pool", 0.2, 0.01, 999, 999, 0)) == "simulated tellers"
    assert others_of(Chance("pool", 0.2, 0.01, 1002, 999, 3)) == "unrelated tellers"
