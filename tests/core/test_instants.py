"""Instants: against `datetime` where it reaches, against ECMAScript's rules where it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from affidavit.core import instants

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=offsets)


def micros(moment: datetime) -> int:
    """What `parse` is to give, by `datetime`'s arithmetic."""
    return (moment - EPOCH) // MICROSECOND


@settings(max_examples=1_000)
@given(moments)
@example(datetime(2000, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC))
@example(datetime(1900, 3, 1, tzinfo=UTC))
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
def test_instants_are_datetimes(moment: datetime) -> None:
    expected = micros(moment)
    assert instants.parse(moment.isoformat()) == expected
    assert instants.parse(moment.isoformat(timespec="microseconds")) == expected
    assert instants.parse(moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z").rjust(31, "0")) == expected, (
        "no colon in the offset"
    )
    utc = moment.astimezone(UTC)
    assert instants.micros_text(expected) == utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert instants.text(expected) == utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert instants.parse_date(f"{utc:%Y-%m-%d}".rjust(10, "0")) == micros(datetime(*utc.timetuple()[:3], tzinfo=UTC))


@settings(max_examples=1_000)
@given(st.integers(instants.parse("0000-01-01T00:00:00Z"), instants.parse("9999-12-31T23:59:59.999999Z")))
@example(-1)
@example(-62_167_219_200_000_000)
@example(253_402_300_799_999_999)
def test_text_is_the_inverse_of_parse(instant: int) -> None:
    assert instants.parse(instants.micros_text(instant)) == instant
    assert instants.parse(instants.text(instant)) == instant // 1000 * 1000, "cut to the millisecond before it"


def test_the_whole_calendar_day_by_day() -> None:
    """146,097 days of 400 years, then all leap days: a day more or less anywhere would show."""
    day, instant = datetime(1899, 12, 31, tzinfo=UTC), instants.parse_date("1899-12-31")
    assert instant is not None
    while day.year < 2300:
        day, instant = day + timedelta(days=1), instant + instants.DAY
        assert instants.parse_date(day.strftime("%Y-%m-%d")) == instant
    leap = [year for year in range(10_000) if instants.parse_date(f"{year:04}-02-29") is not None]
    assert leap == [year for year in range(10_000) if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)]


# As ECMAScript has it (ECMA-262, section 21.4.1.32): `new Date("...").getTime()` and `new Date(ms).toISOString()`.
ECMASCRIPT = [
    ("0000-01-01T00:00:00Z", -62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    ("0000-12-31T23:59:59.999Z", -62_135_596_800_001, "0000-12-31T23:59:59.999Z"),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ("0000-01-01T00:00:00+00:01", -62_167_219_260_000, "-000001-12-31T23:59:00.000Z"),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ("9999-12-31T23:59:59.999-00:01", 253_402_300_859_999, "+010000-01-01T00:00:59.999Z"),
    ("1970-01-01T00:00Z", 0, "1970-01-01T00:00:00.000Z"),
    ("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"),
    ("2026-02-08T10:00:00.5+05:30", 1_770_525_000_500, "2026-02-08T04:30:00.500Z"),
]


@pytest.mark.parametrize(("text", "milliseconds", "written"), ECMASCRIPT)
def test_the_ends_of_time_are_ecmascripts(text: str, milliseconds: int, written: str) -> None:
    assert instants.parse(text) == milliseconds * 1000
    assert instants.text(milliseconds * 1000) == written


@pytest.mark.parametrize("cycles", [-2_000, -26, 25, 2_000])
def test_far_years_repeat_after_400(cycles: int) -> None:
    text = instants.text(cycles * 146_097 * instants.DAY + 1_770_000_000_123_456)
    year, sign = 2026 + 400 * cycles, "-" if cycles < 0 else "+"
    assert text == f"{sign}{abs(year):06}-02-02T02:40:00.123Z"


@pytest.mark.parametrize("digits", range(1, 19))
def test_fractions_of_any_length_are_cut_to_microseconds(digits: int) -> None:
    fraction = "987654321987654321"[:digits]
    expected = int(fraction[:6].ljust(6, "0"))
    assert instants.parse(f"1970-01-01T00:00:00.{fraction}Z") == expected
    assert instants.parse(f"1970-01-01T00:00:00.{fraction}+00:00") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-08",
        "2026-02-08T10:00:00",  # no zone
        "2026-02-08 10:00:00Z",
        "2026-02-08t10:00:00z",
        "2026-02-08T10:00:00 Z",
        "2026-02-08T10:00:00Z\n",
        " 2026-02-08T10:00:00Z",
        "2026-02-08T10Z",
        "2026-02-08T10:00:00.Z",
        "2026-02-08T10:00.5Z",
        "2026-02-08T10:00:00,5Z",
        "2026-02-08T10:00:00." + "1" * 19 + "Z",
        "2026-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2026-04-31T10:00:00Z",
        "2026-00-01T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-01-00T10:00:00Z",
        "2026-01-32T10:00:00Z",
        "2026-02-08T24:00:00Z",
        "2026-02-08T24:00Z",
        "2026-02-08T23:60:00Z",
        "2026-02-08T23:59:60Z",  # no leap seconds
        "2026-02-08T10:00:00+24:00",
        "2026-02-08T10:00:00+00:60",
        "2026-02-08T10:00:00+05",
        "2026-02-08T10:00:00-5:00",
        "2026-02-08T10:00:00+05:30:00",
        "20260208T100000Z",
        "2026-W06-7T10:00:00Z",
        "+002026-02-08T10:00:00Z",
        "-0001-02-08T10:00:00Z",
        "２０２６-02-08T10:00:00Z",
    ],
)
def test_no_other_text_is_an_instant(text: str) -> None:
    assert instants.parse(text) is None


@pytest.mark.parametrize(
    "text", ["", "2026-02-29", "2026-2-8", "2026-02-08T", "2026-02-08\n", "２０２６-02-08", "2026-13-01"]
)
def test_no_other_text_is_a_date(text: str) -> None:
    assert instants.parse_date(text) is None


@given(st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,20})?)?(Z|[+-]\d\d:?\d\d)?", fullmatch=True))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    found = instants.parse(text)
    assert found is None or instants.parse(instants.micros_text(found)) in (found, None)
