"""The signed note: a text and the signatures under it (C2SP signed-note).

    <text, whose every line ends in a line feed>
    <empty line>
    — <key name> <base64 of key id ‖ signature>
    ...

The text may hold empty lines: the last one of the note ends it. The signatures are over the text with its final line
feed. Nothing of a note is to be believed before `verify_note` has said whose it is. See docs/formats/checkpoint.md.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

import msgspec

from affidavit.core.notekey import VerifierKey, is_key_name
from affidavit.errors import BadSignature, MalformedKey, MalformedNote

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
_DASH = "— "
_KEY_ID_BYTES = 4


class Signature(msgspec.Struct, frozen=True):
    """A signature line. `key_id`: 4 bytes; `signature`: what the key's algorithm makes, at least one byte."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, with its line feed."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.signature).decode()}\n"


class Note(msgspec.Struct, frozen=True):
    """A note in its parts. `text` with its final line feed; at least one signature."""

    text: bytes
    signatures: tuple[Signature, ...]


class Verified(msgspec.Struct, frozen=True):
    """A key that signed the text. `time`: s since 1970, when a cosigner says that it did; None for other signatures."""

    key: VerifierKey
    time: int | None


def parse_note(data: bytes) -> Note:
    """Take a note apart, without believing any of it. Raises MalformedNote."""
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed(f"it has {len(data):,} bytes, the limit is {MAX_NOTE_BYTES:,}")
    _check_characters(data)
    end = data.rfind(b"\n\n")
    if end < 0:
        raise _malformed("no empty line stands between text and signatures")
    text, tail = data[: end + 1], data[end + 2 :].decode()
    if not tail.endswith("\n"):
        raise _malformed("its last line, a signature, does not end in a line feed" if tail else "nobody signed it")
    lines = tail.split("\n")[:-1]
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(f"it has {len(lines):,} signatures, the limit is {MAX_SIGNATURES}")
    return Note(text, tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> Signature:
    """A signature line without its line feed. Raises MalformedNote.

    Unused bits at the end of the base 64 may be anything, as elsewhere: a signature's encoding proves nothing.
    """
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        decoded = b""
    whole = len(encoded) % 4 == 0  # "QUJD=" is not, and Python takes it
    if not (line.startswith(_DASH) and is_key_name(name) and whole and len(decoded) > _KEY_ID_BYTES):
        raise _malformed(f"this is not a signature line: {line[:200]!r}")
    return Signature(name, decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:])


def format_note(note: Note) -> bytes:
    """The note as bytes. Raises MalformedNote for one that `parse_note` would refuse or read as another."""
    data = note.text + b"\n" + "".join(signature.line for signature in note.signatures).encode()
    if parse_note(data) != note:
        raise _malformed("its text does not end in a line feed")
    return data


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> list[Verified]:
    """Which of the keys signed the text, each once, in the order of their first signatures; at least one.

    Signatures of other keys are ignored. Every one of a known key must hold; of several cosignatures by one key the
    newest counts. Raises BadSignature if one does not, or if no known key signed; MalformedKey if two different keys
    have one name and id.
    """
    known = _by_name_and_id(keys)
    found: dict[tuple[str, bytes], Verified] = {}
    for signature in note.signatures:
        identity = (signature.name, signature.key_id)
        if (key := known.get(identity)) is None:
            continue
        if not key.holds(note.text, signature.signature):
            raise BadSignature(
                f"the signature of {key} is not over this text: text or signature was changed, or it is of another key"
            )
        time = key.time_of(signature.signature)
        if identity not in found or (time or 0) > (found[identity].time or 0):
            found[identity] = Verified(key, time)
    if not found:
        names = ", ".join(sorted({signature.name for signature in note.signatures}))
        raise BadSignature(f"no key that you trust signed this note, its signatures are of {names}: check the keys")
    return list(found.values())


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> bytes:
    """The text of a note that one of these keys signed. Raises MalformedNote, BadSignature, MalformedKey."""
    note = parse_note(data)
    verify_note(note, keys)
    return note.text


def _by_name_and_id(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise MalformedKey(f"two different keys are both {key.name}+{key.key_id.hex()}: trust only one of them")
    return known


def _check_characters(data: bytes) -> None:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not UTF-8 from byte {error.start} on") from None
    controls = {character for character in set(text) if character < " "} - {"\n"}
    if controls:
        raise _malformed(f"it holds the control character {min(controls)!r}")


def _malformed(why: str) -> MalformedNote:
    return MalformedNote(f"this is not a signed note, {why}: take it again from where it was published")
