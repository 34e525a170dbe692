"""What JSON we take and what we refuse, kind by kind, on both paths; and that a refusal says what to change."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

from affidavit.core import canonical
from affidavit.errors import InvalidJson

BOTH = pytest.mark.parametrize("parse", [canonical.parse, canonical.parse_exactly], ids=["fast", "exact"])

REFUSED = [
    # not UTF-8
    ("invalid byte in a text", b'"\xff"', "not UTF-8: invalid start byte at byte 1"),
    ("invalid byte in a key", b'{"\xff":1}', "at byte 2"),
    ("invalid byte outside", b"[\xff]", "at byte 1"),
    ("surrogate in UTF-8", b'"\xed\xa0\xbd"', "not UTF-8"),
    ("surrogate pair in UTF-8", b'"\xed\xa0\xbd\xed\xb8\x82"', "not UTF-8"),
    ("overlong slash", b'"\xc0\xaf"', "not UTF-8"),
    ("beyond U+10FFFF", b'"\xf4\x90\x80\x80"', "not UTF-8"),
    ("character cut in half", b'"\xe2\x82"', "not UTF-8"),
    ("UTF-16", '{"a":1}'.encode("utf-16"), "not UTF-8"),
    ("UTF-16 without a mark", '{"a":1}'.encode("utf-16-be"), "not JSON"),
    ("byte order mark", b"\xef\xbb\xbf{}", "byte order mark"),
    # not JSON
    ("empty", b"", "line 1, column 1"),
    ("blanks only", b" \n\t ", "not JSON"),
    ("cut in an object", b'{"a":', "not JSON"),
    ("cut in a text", b'{"a":"b', "Unterminated string"),
    ("cut in an escape", b'"\\u00', "not JSON"),
    ("cut in a literal", b"tru", "not JSON"),
    ("cut in an array", b"[1,", "not JSON"),
    ("cut in a number", b"-", "not JSON"),
    ("text behind", b'{"a":1} x', "Extra data"),
    ("second document", b"{}{}", "Extra data"),
    ("zero byte behind", b"{}\x00", "Extra data"),
    ("comma too many in an array", b"[1,]", "not JSON"),
    ("comma too many in an object", b'{"a":1,}', "not JSON"),
    ("no comma", b'["a" "b"]', "not JSON"),
    ("no colon", b'{"a" 1}', "not JSON"),
    ("key without quotes", b"{a:1}", "not JSON"),
    ("number as key", b"{1:1}", "not JSON"),
    ("single quotes", b"{'a':1}", "not JSON"),
    ("comment", b"[1/* one */]", "not JSON"),
    ("wrong brackets", b'["a"}', "not JSON"),
    ("closing only", b"]", "not JSON"),
    ("capital literal", b"True", "not JSON"),
    ("control character in a text", b'"a\x1fb"', "Invalid control character"),
    ("line feed in a text", b'"a\nb"', "Invalid control character"),
    ("zero byte in a key", b'{"\x00":1}', "Invalid control character"),
    ("unknown escape", b'"\\x41"', "escape"),
    ("escape with three digits", b'"\\u12 4"', "escape"),
    ("escape with a sign", b'"\\u+123"', "escape"),
    ("vertical tab between", b"[1,\x0b2]", "not JSON"),
    ("no-break space between", b"[1,\xc2\xa02]", "not JSON"),
    # not a number
    ("NaN", b"[NaN]", "NaN is not JSON"),
    ("Infinity", b"Infinity", "Infinity is not JSON"),
    ("-Infinity", b'{"a":-Infinity}', "-Infinity is not JSON"),
    ("lower case nan", b"nan", "not JSON"),
    ("leading zero", b"01", "not JSON"),
    ("leading zeros", b"[-007]", "not JSON"),
    ("leading plus", b"+1", "not JSON"),
    ("leading point", b".5", "not JSON"),
    ("trailing point", b"1.", "not JSON"),
    ("point before exponent", b"1.e5", "not JSON"),
    ("empty exponent", b"1e+", "not JSON"),
    ("hexadecimal", b"0x10", "not JSON"),
    ("underscore", b"1_000", "not JSON"),
    ("other digits", "１".encode(), "not JSON"),
    # beyond what can be kept
    ("1e400", b"[1e400]", "number 1e400 is beyond the range of an IEEE 754 double"),
    ("-1e400", b'{"a":-1e400}', "number -1e400 is beyond"),
    ("1e309 in a key's value among others", b'{"a":1,"b":[1.5,1e309]}', "number 1e309 is beyond"),
    ("absurd exponent", b"1e" + b"9" * 400, "is beyond the range"),
    ("1,001 digits", b"1" * 1001, "at most 1000 digits, this one has 1001"),
    ("1,001 digits below zero", b"-" + b"1" * 1001, "this one has 1001"),
    ("5,000 digits", b'{"a":[' + b"9" * 5000 + b"]}", "this one has 5000"),
    ("a million digits", b"9" * 1_000_000, "this one has 1000000"),
    ("1,001 digits and a point", b"1" * 1001 + b".5", "is beyond the range"),
    # said twice
    ("duplicate key", b'{"a":1,"a":1}', 'duplicate key "a" in an object: send each key once'),
    ("duplicate of other spelling", b'{"a":1,"\\u0061":2}', 'duplicate key "a"'),
    ("duplicate deep inside", b'[{"b":[{"c":{"d":0,"d":0}}]}]', 'duplicate key "d"'),
    ("duplicate with another between", b'{"a":1,"b":2,"a":3}', 'duplicate key "a"'),
    ("duplicate empty key", b'{"":1,"":2}', 'duplicate key ""'),
    ("duplicate lone surrogate", b'{"\\ud83d":1,"\\uD83D":2}', r'duplicate key "\\ud83d"'),
    ("duplicate pair", b'{"\xf0\x9f\x98\x82":1,"\\ud83d\\ude02":2}', r'duplicate key "\\ud83d\\ude02"'),
    ("duplicate whose value has colons", b'{"a":"\\u003a","a":"::"}', 'duplicate key "a"'),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("raw", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(parse: object, raw: bytes, says: str) -> None:
    assert callable(parse)
    with pytest.raises(InvalidJson, match=says):
        parse(raw)


TAKEN = [
    (b"1.0", b"1"),
    (b"-0.0", b"0"),
    (b"-0", b"0"),
    (b"1E2", b"100"),
    (b"1e-7", b"1e-7"),
    (b"0.000001", b"0.000001"),
    (b"1e21", b"1e+21"),
    (b"1e20", b"100000000000000000000"),
    (b"5e-324", b"5e-324"),
    (b"2e-324", b"0"),
    (b"9007199254740991", b"9007199254740991"),
    (b"9007199254740993", b"9007199254740993"),
    (b"9007199254740993.0", b"9007199254740992"),
    (b"9007199254740994.0", b"9007199254740994"),
    (b"9.5e15", b"9500000000000000"),
    (b"9999999999999998.0", b"9999999999999998"),
    (b"1e16", b"10000000000000000"),
    (b"18446744073709551616", b"18446744073709551616"),
    (b"-9223372036854775809", b"-9223372036854775809"),
    (b"12345678901234567890", b"12345678901234567890"),
    (b"9" * 1000, b"9" * 1000),
    (b"-" + b"9" * 1000, b"-" + b"9" * 1000),
    (b"9" * 301, b"9" * 301),
    (b"0." + b"3" * 400, b"0.3333333333333333"),
    (b"1e00000000005", b"100000"),
    (b' \t\r\n{ "b" : 1 , "a" : [ ] }\n', b'{"a":[],"b":1}'),
    (b'"\\u0041\\/\\u000A\\u001F\\u007f\\u2028"', '"A/\\n\\u001f\x7f\u2028"'.encode()),
    (b'"\\b\\f\\n\\r\\t\\"\\\\\\u000b"', b'"\\b\\f\\n\\r\\t\\"\\\\\\u000b"'),
    (b'"\\ud83d\\ude02"', "\"😂\"".encode()),
    (b'"\\uD83D"', b'"\\ud83d"'),
    (b'"\\uDE02\\uD83D"', b'"\\ude02\\ud83d"'),
    (b'"\\ud83dA\\ude02"', b'"\\ud83dA\\ude02"'),
    (b'"\\ud83d\\\\ude02"', b'"\\ud83d\\\\ude02"'),
    (b'"\\\\ud83d"', b'"\\\\ud83d"'),
    (b'{"\\ud83d":1,"\\ud83c":2,"a":3}', b'{"a":3,"\\ud83c":2,"\\ud83d":1}'),
    # by UTF-16: a lone surrogate and an astral character come before U+E000
    ('{"\ue000":1,"😀":2,"\\ud83d":3,"z":4}'.encode(), '{"z":4,"\\ud83d":3,"😀":2,"\ue000":1}'.encode()),
    ('{"x":{"\uffff":1,"𐀀":2}}'.encode(), '{"x":{"𐀀":2,"\uffff":1}}'.encode()),
    ('{"b":"，😀","a":"\uffff"}'.encode(), '{"a":"\uffff","b":"，😀"}'.encode()),
    (b'{"aa":1,"a":2,"A":3,"":4,"1":5,"a\\u0000":6}', b'{"":4,"1":5,"A":3,"a":2,"a\\u0000":6,"aa":1}'),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("raw", "line"), TAKEN, ids=range(len(TAKEN)))
def test_taken(parse: object, raw: bytes, line: bytes) -> None:
    assert callable(parse)
    assert canonical.encode(parse(raw)) == line
    assert canonical.encode_exactly(parse(raw)) == line
    assert canonical.parse(line) == parse(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_the_exact_writer_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(InvalidJson, match="only finite numbers"):
        canonical.encode_exactly(value)


@pytest.mark.parametrize("value", [{1, 2}, {"a": b"bytes"}, [object()]])
def test_what_is_not_json_is_a_fault_of_ours(value: object) -> None:
    for write in (canonical.encode, canonical.encode_exactly, canonical.write):
        with pytest.raises(TypeError, match="is not JSON"):
            write(value)


@pytest.mark.parametrize(
    "raw",
    [b'"' + b'\\"' * 2_000_000, b'["",' * 1_000_000, b"0." + b"1" * 4_000_000, b"1" * 4_000_000, b" " * 4_000_000],
    ids=["open text of quotes", "open arrays of texts", "fraction", "integer", "blanks"],
)
def test_time_grows_with_the_body_and_no_faster(raw: bytes) -> None:
    """4 MB that took minutes where a reader went back over them; they take some hundredths of a second."""
    start = process_time()
    for parse in (canonical.parse, canonical.parse_exactly):
        with suppress(InvalidJson):
            parse(raw)
    assert process_time() - start < 5


@pytest.mark.parametrize(
    "raw",
    [b"9" * 5_000_000, b"1" * 5_000_000 + b".5", b'{"' + b"k" * 5_000_000 + b'":1,"' + b"k" * 5_000_000 + b'":2}'],
)
def test_a_refusal_does_not_repeat_the_body(raw: bytes) -> None:
    with pytest.raises(InvalidJson) as refusal:
        canonical.parse(raw)
    assert len(str(refusal.value)) < 200
