from hypothesis import given
from hypothesis import strategies as st

from luthier.compute.pods.port import Quote
from luthier.compute.pods.record import PodRecord, Records, as_told, cost_usd
from luthier.run_folder import RunFolder

TIMES = st.floats(0, 1e7)


def record(number=1, **changes):
    quote = as_told(Quote("gpu", 24, "SECURE", 0.69, 0.24, "low", 1.0))
    plain = {"number": number, "name": f"p{number}", "purchase": "spot", "gpu": "gpu", "cloud": "SECURE"}
    plain |= {"max_usd_per_hour": 2.0, "reason": "", "quote": quote, "asked_at": 0.0, "end_after": 3600}
    return PodRecord(**plain | changes)


def test_records_are_kept_numbered_changed_and_forgotten(tmp_path):
    records = Records(RunFolder(tmp_path))
    assert records.next_number() == 1
    for number in (2, 10, 1):
        records.write(record(number))
    assert [one.number for one in records.all()] == [1, 2, 10] and records.next_number() == 11
    records.change(records.all()[0], ended_at=5.0)
    assert [one.number for one in records.open()] == [2, 10]
    records.forget(records.open()[0])
    assert [one.number for one in records.all()] == [1, 10]
    assert records.all()[0].quote["spot_usd"] == 0.24


def test_a_pod_costs_by_the_second_from_creation_to_end():
    hour = record(created_at=100.0, ended_at=3700.0, usd_per_hour=0.5)
    assert cost_usd([hour], 1e9) == 0.5
    assert cost_usd([hour], 1900.0) == 0.25
    assert cost_usd([hour], 0.0) == 0.0


def test_one_that_was_only_asked_for_costs_nothing_and_one_without_a_price_the_limit():
    assert cost_usd([record()], 1e9) == 0.0
    assert cost_usd([record(created_at=0.0)], 3600.0) == 2.0


@given(st.lists(st.tuples(TIMES, st.one_of(st.none(), TIMES), st.floats(0, 100))), TIMES, TIMES)
def test_a_bill_never_shrinks_and_is_never_negative(pods, one, other):
    records = [record(created_at=start, ended_at=end, usd_per_hour=price) for start, end, price in pods]
    sooner, later = sorted((one, other))
    assert 0 <= cost_usd(records, sooner) <= cost_usd(records, later)
    assert cost_usd(records, later) <= sum(price * later / 3600 for _, _, price in pods) * (1 + 1e-9)
