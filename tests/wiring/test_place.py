"""Where a ledger is: what wins, what is noted, and a password that nobody is shown."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from affidavit.errors import DataDirectoryError, SettingError
from affidavit.settings import Settings, read_settings
from affidavit.wiring.place import STORE_FILE, Place, note_place, place_in, place_of, without_password

PASSWORD = "hunter2"
URL = f"postgresql://me:{PASSWORD}@db.example:5432/ledger"
SHOWN = "postgresql://me@db.example:5432/ledger"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, SHOWN),
        ("postgres://h/d", "postgresql://h/d"),
        ("postgresql://", "postgresql:///"),
        ("postgresql://u:p%40%2F@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p#w?x@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p@a:1,[::1]:2,c/d?target_session_attrs=any", "postgresql://u@a:1,[::1]:2,c/d?target_session_attrs=any"),
        ("postgresql:///d?host=a,b&port=5&password=p&sslpassword=q", "postgresql://a:5,b:5/d"),
        ("postgresql:///d?host=/var/run", "postgresql://%2Fvar%2Frun/d"),
        ("postgresql://h/d?options=-c%20work_mem%3D1", "postgresql://h/d?options=-c%20work_mem%3D1"),
    ],
)  # fmt: skip
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert without_password(url) == without_password(shown) == shown
    read = conninfo_to_dict(url)
    assert conninfo_to_dict(shown) == {
        name: value for name, value in read.items() if not name.endswith("password")
    } | ({"port": "5,5"} if read.get("port") == "5" else {})  # fmt: skip


@given(
    user=st.text("aé@:/?#% ", min_size=1),
    password=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1),
    database=st.text("dé:/?#% ", min_size=1),
)
def test_the_password_goes_and_all_else_stays(user: str, password: str, database: str) -> None:
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h:1/{quote(database, safe='')}"
    read = conninfo_to_dict(url)
    assert read.pop("password") == password
    assert conninfo_to_dict(without_password(url)) == read


@pytest.mark.parametrize(
    "url",
    [
        "host=h password=hunter2",
        "sqlite:hunter2",
        "postgresql://me:hunter2/x@h/d",
        "postgresql://me:5/hunter2@h/d",
        "postgresql://me:x@hunter2@h/d",
        "postgresql://me:hunter2%@h/d",
        "postgresql://me:hunter2@h:port/d",
        "postgresql://me:hunter2@h/d?passwrod=hunter2",
        "postgresql://me:hunter2@h/d\n",
        "postgresql://%ff:hunter2@h/d",
    ],
)
@pytest.mark.parametrize("name", ["store", "read_store"])
def test_what_is_no_url_is_refused_without_a_word_of_it(url: str, name: str) -> None:
    settings = Settings(**{"store": SHOWN} | {name: url})
    with pytest.raises(SettingError, match=f"^{name} is no URL of PostgreSQL: write postgresql://") as refused:
        place_of(settings)
    assert PASSWORD not in str(refused.value)


def test_a_flag_wins_over_the_environment_that_over_the_note_and_that_over_the_directory(tmp_path: Path) -> None:
    environment = {"AFFIDAVIT_STORE": "postgresql://environment/d"}
    assert place_of(read_settings({}, {"data": tmp_path})) == Place(tmp_path) == place_in(tmp_path)
    note_place(Place(tmp_path, "postgresql://note/d"))
    assert place_of(read_settings({}, {"data": tmp_path})).url == "postgresql://note/d" == place_in(tmp_path).url
    assert place_of(read_settings(environment, {"data": tmp_path})).url == "postgresql://environment/d"
    flags = {"data": tmp_path, "store": "postgresql://flag/d"}
    assert place_of(read_settings(environment, flags)).url == "postgresql://flag/d"


def test_no_password_is_noted_or_shown(tmp_path: Path) -> None:
    """Nor in what a debugger prints."""
    settings = Settings(data=tmp_path, store=URL, read_store=URL)
    place = place_of(settings)
    assert (place.url, str(place)) == (URL, SHOWN)
    note_place(place)
    note = tmp_path / STORE_FILE
    assert note.read_text() == f"{SHOWN}\n"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert PASSWORD not in repr(settings) + repr(place)


def test_a_note_is_written_again_only_for_another_url(tmp_path: Path) -> None:
    note_place(Place(tmp_path, URL))
    first = (tmp_path / STORE_FILE).stat()
    note_place(Place(tmp_path, URL.replace(PASSWORD, "other")))
    assert (tmp_path / STORE_FILE).stat() == first
    note_place(Place(tmp_path, "postgresql://elsewhere/d"))
    assert place_in(tmp_path).url == "postgresql://elsewhere/d"


@pytest.mark.parametrize("text", ["", "sqlite:", "postgresql://a:b:c/hunter2@d", "postgresql://a\x00"])
def test_a_damaged_note_is_told_by_its_name(tmp_path: Path, text: str) -> None:
    note = tmp_path / STORE_FILE
    note.write_text(text)
    note.chmod(0o600)
    with pytest.raises(DataDirectoryError, match=f"^{note} is damaged") as refused:
        place_in(tmp_path)
    assert PASSWORD not in str(refused.value)
    note.chmod(0o644)
    with pytest.raises(DataDirectoryError, match=f"chmod 600 {note}"):
        place_in(tmp_path)


def test_a_directory_with_a_ledger_of_its_own_is_not_another_ones(tmp_path: Path) -> None:
    """Which of the two was meant is not guessed, until the one was copied to the other, which notes it."""
    (tmp_path / "ledger.sqlite").touch()
    with pytest.raises(
        DataDirectoryError, match=f"^{tmp_path} holds a ledger of its own, but the store is {SHOWN}: choose"
    ):
        place_of(Settings(data=tmp_path, store=URL))
    note_place(Place(tmp_path, URL))
    assert place_of(Settings(data=tmp_path, store=URL)).url == URL


def test_a_copy_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="read_store is a copy of a ledger in PostgreSQL"):
        place_of(Settings(data=tmp_path, read_store=URL))
    note_place(Place(tmp_path, URL))
    assert place_of(Settings(data=tmp_path, read_store=URL)).read_url == URL
