"""The numbers that are issued, and the ids that follow from them."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.dialects.asn.numbers import MAX_DRAWS, agent_id, draw, luhn_digit
from affidavit.dialects.asn.wire import is_asn
from tests.dialects.asn import page
from tests.dialects.asn.calling import NOON


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("7992739871", 3),
        ("0", 0),
        ("000000000000", 0),
        ("37828224631000", 5),
        ("411111111111111", 1),
        ("1789372997", 4),
    ],
)
def test_the_check_digit_is_luhns(digits: str, check: int) -> None:
    assert luhn_digit(digits) == check


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_found(digits: str, place: int, more: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]
    assert luhn_digit(wrong) != luhn_digit(digits)


@given(st.binary(min_size=16, max_size=16))
def test_draws_have_the_form_and_are_the_same_again(entropy: bytes) -> None:
    drawn = list(draw(NOON, entropy))
    assert len(drawn) == MAX_DRAWS
    assert drawn == list(draw(NOON, entropy))
    for asn in drawn:
        assert is_asn(asn)
        digits = asn.removeprefix("ASN-").replace("-", "")
        assert digits.startswith("2026")
        assert luhn_digit(digits[:12]) == int(digits[12])


def test_draws_are_spread_over_all_numbers() -> None:
    drawn = {next(draw(NOON, index.to_bytes(16))) for index in range(1000)}
    assert len(drawn) == 1000
    assert len({asn[9:11] for asn in drawn}) == 100


def test_an_agents_id_is_a_uuid_of_its_own() -> None:
    identity = uuid.UUID(agent_id(page.ASN))
    assert (identity.version, identity.variant) == (8, uuid.RFC_4122)
    assert str(identity) == agent_id(page.ASN) != agent_id("ASN-2026-0384-7721-B")
