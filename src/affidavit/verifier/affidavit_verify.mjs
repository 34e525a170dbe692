// Verifies a bundle of evidence, offline: node affidavit_verify.mjs case.affidavit --key "THE VERIFIER KEY"
//
// What a bundle is and what is looked at, in which order and under which code: docs/formats/bundle.md. This file was
// written from that page alone, beside a verifier in Python, so that a fault in the one is found by the other.
//
// It depends on nothing, runs in Node (18 or newer) and in browsers (verify.html), and reads no network. It has no
// import and no export, because a page that is opened from a disk may load plain scripts only. Whoever wants it as a
// library sets globalThis.affidavitVerifier to an object before loading it, and finds `verify` and the rest in there.
"use strict";

const SMALL = 64 * 1024; // bytes: the most that a member which is read at once may have, and the directory
const LINE = 2_097_152 + 1_024; // bytes of a line of a streamed member, without its line feed
const CHUNK = 1 << 20; // bytes read at once
const MOST_LISTED = 100; // of anything: problems, signatures of a note, earlier checkpoints, keys
const NOTE = 1_000_000; // bytes of a note that the auditor holds
const POLICY = 1_048_576; // bytes of a policy
const PAYLOAD = 2 * 1024 * 1024; // bytes of a payload of the ledger's own that is parsed
const DEPTH = 128; // levels of arrays and objects in JSON
const FULL = 0xffffffff; // in the container: the number is elsewhere, in 8 bytes
const OWN = "db68cfbb5a0761cae54b4daac6b0c4d7"; // the ledger's own chain,
const OWN_DIALECT = "affidavit"; // and what its entries come by
const LEDGER_KEY = 1; // algorithms of verifier keys: Ed25519 over the text,
const WITNESS_KEY = 4; // and over the text with the time of a cosignature

/** What cannot be read. `code` as in bundle.md; ends the verification. */
class Malformed extends Error {
  constructor(code, message, position = null) {
    super(message);
    this.code = code;
    this.position = position;
  }
}

/** What whoever runs this gave wrongly, or lacks: said on stderr, no report. */
class Usage extends Error {}

// ---------------------------------------------------------------------------------------------- bytes, texts, hashes

const encoder = new TextEncoder();
const latin = new TextDecoder("latin1");
const utf8 = (text) => encoder.encode(text);

/** Bytes -> text, null if they are not UTF-8. A byte order mark is a character like all others. */
function strictText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function same(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOf(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

const digit = (code) => (code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1);

/** Writes the bytes of `count` hex digits, lower case, at `from` into `into` at `at`; false if they are not such. */
function unhex(line, from, count, into, at) {
  for (let next = from; next < from + count; next += 2, at++) {
    const high = digit(line[next]);
    const low = digit(line[next + 1]);
    if (high < 0 || low < 0) return false;
    into[at] = (high << 4) | low;
  }
  return true;
}

/** A line of 64 hex digits -> 32 bytes, null for any other. */
function hashLine(line) {
  const hash = new Uint8Array(32);
  return line.length === 64 && unhex(line, 0, 64, hash, 0) ? hash : null;
}

/** Base 64 with its padding -> bytes, null for what is none. `strict`: unused bits must be zero. */
function unbase64(text, strict = true) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const binary = atob(text);
  if (strict && btoa(binary) !== text) return null;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A decimal without a sign or leading zeros, below 2^53 -> number, null for any other text. */
function numberOf(text) {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

// SHA-256 (FIPS 180-4). A browser's own is asynchronous, 30 µs for each of what may be millions of small hashes; this
// takes 2 µs for an entry. In Node its own is taken.

const ROUNDS = new Int32Array(64);
const START = new Int32Array(8);
for (let found = 0, candidate = 2; found < 64; candidate++) {
  let prime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) prime &&= candidate % divisor !== 0;
  if (!prime) continue;
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  if (found < 8) START[found] = fraction(Math.sqrt(candidate));
  ROUNDS[found++] = fraction(Math.cbrt(candidate));
}
const words = new Int32Array(64);
const state = new Int32Array(8);
const last = new Uint8Array(128);

function compress(bytes, at) {
  for (let i = 0; i < 16; i++, at += 4)
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + words[i - 7] + small0 + small1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + big1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function plainSha256(bytes) {
  state.set(START);
  let at = 0;
  for (; at + 64 <= bytes.length; at += 64) compress(bytes, at);
  const rest = bytes.length - at;
  last.fill(0);
  for (let i = 0; i < rest; i++) last[i] = bytes[at + i];
  last[rest] = 0x80;
  const end = rest < 56 ? 64 : 128;
  const view = new DataView(last.buffer);
  view.setUint32(end - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(end - 4, (bytes.length << 3) >>> 0);
  compress(last, 0);
  if (end === 128) compress(last, 64);
  const hash = new Uint8Array(32);
  const written = new DataView(hash.buffer);
  for (let i = 0; i < 8; i++) written.setInt32(4 * i, state[i]);
  return hash;
}

let sha256 = plainSha256;
let subtle = globalThis.crypto?.subtle;
const inNode = typeof process === "object" && Boolean(process.versions?.node);

/** Takes what the place offers: Node's SHA-256. Raises Usage where Ed25519 cannot be verified. */
async function prepare() {
  if (inNode) {
    const crypto = await import("node:crypto");
    subtle ??= crypto.webcrypto.subtle;
    sha256 = crypto.hash
      ? (bytes) => crypto.hash("sha256", bytes, "buffer")
      : (bytes) => crypto.createHash("sha256").update(bytes).digest();
  }
  if (!subtle)
    throw new Usage(
      "This browser verifies signatures only on pages that came by https or from a disk: save it, open the file.",
    );
  try {
    await subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name !== "NotSupportedError" && error.name !== "SyntaxError") return;
    throw new Usage(
      "This program cannot verify Ed25519 signatures here. Take a newer browser: Chromium 137, Firefox 129, Safari 17.",
    );
  }
}

/** RFC 8032. False also for what is no public key. */
async function ed25519(publicKey, signature, message) {
  try {
    const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", key, signature, message);
  } catch {
    return false;
  }
}

// ---------------------------------------------------------------------------------------------------------------- JSON

const BLANKS = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/sy;
const INTEGER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = { true: true, false: false, null: null };

/** JSON of whole numbers from 0 below 2^53, no key twice, at most 128 levels. Raises SyntaxError for any other. */
class Json {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  static parse(text) {
    const json = new Json(text);
    const value = json.value(1);
    json.match(BLANKS);
    if (json.at !== text.length) throw new SyntaxError("something follows");
    return value;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw new SyntaxError(`character ${this.at}`);
    this.at = pattern.lastIndex;
    return found[0];
  }

  /** Whether the next character, after blanks, is this one; if so it is passed. */
  passes(character) {
    this.match(BLANKS);
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  expect(character) {
    if (!this.passes(character)) throw new SyntaxError(`character ${this.at}: no ${character}`);
  }

  value(level) {
    if (this.passes("{")) return this.object(level);
    if (this.passes("[")) return this.array(level);
    if (this.text[this.at] === '"') return JSON.parse(this.match(STRING));
    for (const [word, value] of Object.entries(LITERALS)) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const value = numberOf(this.match(INTEGER));
    if (value === null) throw new SyntaxError("a number that is not whole, below 0, or too great");
    return value;
  }

  object(level) {
    if (level > DEPTH) throw new SyntaxError("too deep");
    const found = Object.create(null);
    if (this.passes("}")) return found;
    do {
      this.match(BLANKS);
      const key = JSON.parse(this.match(STRING));
      if (key in found) throw new SyntaxError("a key twice");
      this.expect(":");
      found[key] = this.value(level + 1);
    } while (this.passes(","));
    this.expect("}");
    return found;
  }

  array(level) {
    if (level > DEPTH) throw new SyntaxError("too deep");
    const found = [];
    if (this.passes("]")) return found;
    do found.push(this.value(level + 1));
    while (this.passes(","));
    this.expect("]");
    return found;
  }
}

/** Bytes -> what they say as a JSON object, null if they are none. */
function jsonObject(bytes) {
  const text = strictText(bytes);
  if (text === null) return null;
  try {
    const value = Json.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const isNumber = (value) => typeof value === "number";
const isText = (value) => typeof value === "string";
const isHex = (value, digits) => isText(value) && value.length === digits && /^[0-9a-f]*$/.test(value);

// ----------------------------------------------------------------------------------------------- notes, keys, policies

const CONTROL = /[\u0000-\u001f]/;
const KEY_NAME = /^[^+\u0000-\u001f\p{White_Space}]+$/u;

/** A signed note: its text, and its signature lines as {name, id, signature}. Raises Malformed. */
function readNote(bytes, what) {
  const wrong = (why) => new Malformed("note", `${what}: ${why}`);
  if (bytes.length > NOTE) throw wrong(`more than ${NOTE} bytes`);
  const whole = strictText(bytes);
  if (whole === null) throw wrong("not UTF-8");
  if (CONTROL.test(whole.replaceAll("\n", ""))) throw wrong("control characters");
  const empty = whole.lastIndexOf("\n\n");
  if (empty < 0 || !whole.endsWith("\n")) throw wrong("not a signed note: no empty line before its signatures");
  const lines = whole.slice(empty + 2, -1).split("\n");
  if (empty + 2 >= whole.length) throw wrong("no signature");
  if (lines.length > MOST_LISTED) throw wrong(`more than ${MOST_LISTED} signatures`);
  const signatures = lines.map((line) => {
    const [dash, name, encoded, more] = line.split(" ");
    const raw = encoded === undefined || more !== undefined ? null : unbase64(encoded, false);
    if (dash !== "—" || !KEY_NAME.test(name) || raw === null || raw.length < 5)
      throw wrong("a signature line that is none");
    return { name, id: hexOf(raw.subarray(0, 4)), signature: raw.subarray(4) };
  });
  return { whole, text: whole.slice(0, empty + 1), signatures };
}

/** A verifier key as {name, id, algorithm, bytes}, null for a text that is none. */
function parseKey(text) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text) ?? [];
  const raw = encoded && unbase64(encoded);
  if (!raw || raw.length !== 33 || !KEY_NAME.test(name)) return null;
  if (raw[0] !== LEDGER_KEY && raw[0] !== WITNESS_KEY) return null;
  if (hexOf(sha256(joined(utf8(`${name}\n`), raw)).subarray(0, 4)) !== id) return null;
  return { name, id, algorithm: raw[0], bytes: raw.subarray(1) };
}

/** Whom the auditor trusts: ledgers' keys, witnesses by their keys, and what quorum of witnesses is asked for. */
class Trust {
  constructor() {
    this.keys = new Map(); // "<name>+<id>" -> key
    this.witnesses = new Map(); // the same, with the witness' name in the policy as `witness`
    this.groups = new Map(); // name -> {needed, members}
    this.quorum = null;
    this.learnt = new Set(); // keys that are trusted because an older one named them
  }

  /** Trust a key of a ledger, or of its receipts. Raises Usage. */
  add(text) {
    const key = parseKey(text.trim());
    if (!key) throw new Usage(`'${text}' is not a verifier key: <name>+<8 hex>+<base64>`);
    if (key.algorithm !== LEDGER_KEY) throw new Usage(`'${text}' is a witness' key: name it in a policy`);
    this.keys.set(`${key.name}+${key.id}`, key);
  }

  /** Whether a ledger or its receipts have a key of this name. */
  has(name) {
    return [...this.keys.values()].some((key) => key.name === name);
  }

  /** Whether these witnesses, by their names in the policy, make the quorum. */
  met(witnesses) {
    const seen = new Set(witnesses);
    for (const [name, group] of this.groups)
      if (group.members.filter((member) => seen.has(member)).length >= group.needed) seen.add(name);
    return seen.has(this.quorum);
  }
}

/** Adds what a policy says to `trust`. `bytes`: its text. Raises Usage. */
function readPolicy(bytes, trust) {
  if (bytes.length > POLICY) throw new Usage(`policy: more than ${POLICY} bytes`);
  const reading = { trust, publics: new Set(), names: new Set(["none"]), members: new Set(), quorums: 0 };
  const lines = octets(bytes).split("\n");
  lines.forEach((line, number) => {
    const fail = (why) => {
      throw new Usage(`policy, line ${number + 1}: ${why}`);
    };
    if (CONTROL.test(line.replaceAll("\t", ""))) fail("control characters");
    const [word, ...rest] = line.split(/[ \t]+/).filter(Boolean);
    if (word === undefined || word.startsWith("#")) return;
    if (!Object.hasOwn(POLICY_LINES, word)) fail(`'${word}' is none of ${Object.keys(POLICY_LINES).join(", ")}`);
    POLICY_LINES[word](reading, rest, fail);
  });
  if (reading.quorums !== 1) throw new Usage("policy: it needs one line 'quorum <name or none>'");
}

/** Bytes -> a text of as many characters. Names in policies are octets. */
function octets(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

function policyKey(reading, text, algorithm, fail) {
  const bytes = Uint8Array.from(text ?? "", (character) => character.charCodeAt(0));
  const key = parseKey(strictText(bytes) ?? "");
  if (key?.algorithm !== algorithm) fail(`not a verifier key of algorithm ${algorithm}`);
  const mark = `${algorithm} ${hexOf(key.bytes)}`;
  if (reading.publics.has(mark)) fail("a public key that stands above already");
  reading.publics.add(mark);
  return key;
}

function policyName(reading, name, fail) {
  if (!name || reading.names.has(name)) fail("a name that is missing, taken, or 'none'");
  reading.names.add(name);
  return name;
}

const POLICY_LINES = {
  log(reading, [text, , ...more], fail) {
    const key = policyKey(reading, text, LEDGER_KEY, fail);
    if (more.length) fail("more than a key and a URL");
    reading.trust.keys.set(`${key.name}+${key.id}`, key);
  },
  witness(reading, [name, text, , ...more], fail) {
    policyName(reading, name, fail);
    const key = policyKey(reading, text, WITNESS_KEY, fail);
    if (more.length) fail("more than a name, a key and a URL");
    reading.trust.witnesses.set(`${key.name}+${key.id}`, { ...key, witness: name });
  },
  group(reading, [name, count, ...members], fail) {
    for (const member of members) {
      if (member === "none" || !reading.names.has(member)) fail(`'${member}' is no witness and no group above`);
      if (reading.members.has(member)) fail(`'${member}' is a member already`);
      reading.members.add(member);
    }
    policyName(reading, name, fail);
    const needed = count === "any" ? 1 : count === "all" ? members.length : numberOf(count ?? "");
    if (needed === null || needed < 1 || needed > members.length) fail("how many of its members: any, all or a number");
    reading.trust.groups.set(name, { needed, members });
  },
  quorum(reading, [name, ...more], fail) {
    if (more.length || !reading.names.has(name)) fail("a name of a line above, or none");
    reading.trust.quorum = name === "none" ? null : name;
    reading.quorums++;
  },
};

/** A checkpoint of three lines as {origin, size, root, note}. Raises Malformed. */
function readCheckpoint(bytes, what) {
  const note = readNote(bytes, what);
  const [origin, digits, encoded, end, ...more] = note.text.split("\n");
  const size = numberOf(digits ?? "");
  const root = unbase64(encoded ?? "");
  if (end !== "" || more.length || !origin || !size || root?.length !== 32)
    throw new Malformed("note", `${what}: not a checkpoint of at least one entry: origin, size and root, a line each`);
  return { origin, size, root, note };
}

const ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const IDS = new RegExp(`^(${ID}) (${ID})$`);

/** A receipt as {origin, count, first, last, root, note}. Raises Malformed. */
function readReceipt(bytes, what) {
  const note = readNote(bytes, what);
  const [name, digits, ids, encoded, end, ...more] = note.text.split("\n");
  const [, first, last] = IDS.exec(ids ?? "") ?? [];
  const count = numberOf(digits ?? "");
  const root = unbase64(encoded ?? "");
  const origin = name.endsWith("/receipts") ? name.slice(0, -"/receipts".length) : "";
  if (end !== "" || more.length || !origin || !count || !first || root?.length !== 32)
    throw new Malformed("note", `${what}: not a receipt: name, count, two ids and root, a line each`);
  if ((count === 1) !== (first === last)) throw new Malformed("note", `${what}: of one entry the id stands twice`);
  return { origin, count, first, last, root, note };
}

/** The trusted keys that signed a note, in its order, and those whose signatures do not hold: {keys, wrong}. */
async function signers(note, trust) {
  const found = { keys: [], wrong: [] };
  for (const { name, id, signature } of note.signatures) {
    const key = trust.keys.get(`${name}+${id}`);
    if (!key) continue;
    const holds = signature.length === 64 && (await ed25519(key.bytes, signature, utf8(note.text)));
    (holds ? found.keys : found.wrong).push(key);
  }
  return found;
}

/** The witnesses that cosigned a note, by their names in the policy -> the newest time, s since 1970, as BigInt; and
 * those whose cosignatures do not hold: {times, wrong}. */
async function cosigners(note, trust) {
  const found = { times: new Map(), wrong: [] };
  for (const { name, id, signature } of note.signatures) {
    const witness = trust.witnesses.get(`${name}+${id}`);
    if (!witness) continue;
    const time = await cosignedAt(note.text, witness, signature);
    if (time === null) found.wrong.push(witness.witness);
    else if (time > (found.times.get(witness.witness) ?? -1n)) found.times.set(witness.witness, time);
  }
  return found;
}

/** The time of a cosignature, null if it does not hold. */
async function cosignedAt(text, witness, signature) {
  if (signature.length !== 72) return null;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  const message = utf8(`cosignature/v1\ntime ${time}\n${text}`);
  return time < 2n ** 63n && (await ed25519(witness.bytes, signature.subarray(8), message)) ? time : null;
}

// ----------------------------------------------------------------------------------------------------------- container

const STREAMED = new Set(["headers", "payloads", "nodes", "heads"]);
const EARLIER = /^earlier\/([1-9][0-9]*)\/checkpoint$/;
const FIRST = ["README.txt", "bundle.json", "checkpoint", "headers", "payloads", "nodes"];

/** Little-endian numbers, [bytes, value, bytes, value, ...] -> bytes. */
function little(...pairs) {
  const bytes = [];
  for (let at = 0; at < pairs.length; at += 2) {
    let value = pairs[at + 1];
    for (let count = pairs[at]; count > 0; count--) {
      bytes.push(value % 256);
      value = Math.floor(value / 256);
    }
  }
  return Uint8Array.from(bytes);
}

const signature = (one, two) => Uint8Array.of(0x50, 0x4b, one, two);
const starred = (value) => Math.min(value, FULL);

/** What stands before a member: {name, crc, size}. */
function localHeader({ name, crc, size }) {
  const streamed = STREAMED.has(name);
  const head = streamed
    ? little(2, 45, 2, 8, 2, 0, 2, 0, 2, 33, 4, 0, 4, FULL, 4, FULL, 2, name.length, 2, 20)
    : little(2, 20, 2, 0, 2, 0, 2, 0, 2, 33, 4, crc, 4, size, 4, size, 2, name.length, 2, 0);
  const extra = streamed ? little(2, 1, 2, 16, 8, 0, 8, 0) : new Uint8Array();
  return joined(signature(3, 4), head, utf8(name), extra);
}

/** What stands after a member. */
function descriptor({ name, crc, size }) {
  return STREAMED.has(name) ? joined(signature(7, 8), little(4, crc, 8, size, 8, size)) : new Uint8Array();
}

/** A member's record in the directory. `at`: where its local header is. */
function directoryRecord({ name, crc, size, at }) {
  const wide = [size, size, at].filter((value) => value >= FULL);
  const extra = wide.length
    ? little(2, 1, 2, 8 * wide.length, ...wide.flatMap((value) => [8, value]))
    : new Uint8Array();
  const streamed = STREAMED.has(name);
  const version = streamed || wide.length ? 45 : 20;
  const start = little(2, 813, 2, version, 2, streamed ? 8 : 0, 2, 0, 2, 0, 2, 33, 4, crc, 4, starred(size));
  const more = little(
    4,
    starred(size),
    2,
    name.length,
    2,
    extra.length,
    2,
    0,
    2,
    0,
    2,
    0,
    4,
    2175008768,
    4,
    starred(at),
  );
  return joined(signature(1, 2), start, more, utf8(name), extra);
}

/** What the file ends with. */
function ending(records, size, at) {
  const wide =
    at < FULL
      ? new Uint8Array()
      : joined(
          signature(6, 6),
          little(8, 44, 2, 813, 2, 45, 4, 0, 4, 0, 8, records, 8, records, 8, size, 8, at),
          signature(6, 7),
          little(4, 0, 8, at + size, 4, 1),
        );
  return joined(wide, signature(5, 6), little(2, 0, 2, 0, 2, records, 2, records, 4, size, 4, starred(at), 2, 0));
}

const broken = (why) => new Malformed("container", why);

/** 8 bytes -> a number that is exact. */
function wideNumber(view, at) {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken("a number beyond 2^53");
  return Number(value);
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the central directory is: {at, size}. */
async function findDirectory(source) {
  if (source.size < 98) throw broken("this is not a bundle: it is shorter than any");
  const end = viewOf(await source.read(source.size - 22, 22));
  if (end.getUint32(0) !== 0x504b0506) throw broken("this is not a bundle: it does not end as a ZIP file does");
  const size = end.getUint32(12, true);
  let at = end.getUint32(16, true);
  if (at === FULL) at = wideNumber(viewOf(await source.read(source.size - 98, 76)), 48);
  if (size > SMALL) throw broken("its directory is too large");
  if (at + size > source.size) throw broken("its directory is not where it says");
  return { at, size };
}

/** The members that a directory lists: {name, crc, size}, as it says. */
function listed(directory) {
  const view = viewOf(directory);
  const members = [];
  for (let at = 0; at < directory.length;) {
    if (at + 46 > directory.length) throw broken("its directory is cut off");
    const [name, extra] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    if (at + 46 + name + extra > directory.length) throw broken("its directory is cut off");
    let size = view.getUint32(at + 24, true);
    if (size === FULL) {
      if (extra < 12) throw broken("a size is missing");
      size = wideNumber(view, at + 46 + name + 4);
    }
    members.push({
      name: octets(directory.subarray(at + 46, at + 46 + name)),
      crc: view.getUint32(at + 16, true),
      size,
    });
    at += 46 + name + extra;
  }
  return members;
}

/** Raises Malformed if these are not the members that a bundle has, in their order. */
function checkMembers(members) {
  const names = members.map((member) => member.name);
  let at = 0;
  for (const name of FIRST) if (names[at++] !== name) throw broken(`'${name}' is not where it belongs`);
  if (names[at] === "heads") at++;
  let before = 0;
  for (let count = 0, found; (found = EARLIER.exec(names[at] ?? "")); at += 2) {
    const size = numberOf(found[1]);
    if (size === null || size <= before || ++count > MOST_LISTED) throw broken("earlier checkpoints do not ascend");
    if (names[at + 1] !== `earlier/${size}/consistency`) throw broken("an earlier checkpoint without its proof");
    before = size;
  }
  for (let number = 1; number <= MOST_LISTED && names[at] === `keys/${number}`; number++) at++;
  if (names[at] === "timestamp.tsr") at++;
  if (at !== names.length) throw broken(`'${printable(names[at])}' has no place in a bundle`);
  const large = members.find(({ name, size }) => size > SMALL && !STREAMED.has(name));
  if (large) throw broken(`'${large.name}' has more than ${SMALL} bytes`);
}

/** A name for people: no control characters, not endless. */
const printable = (text) => text.slice(0, 100).replace(/[^ -~]/g, "?");

/** Step 1: the members of a bundle, name -> {at, size} of their bytes in the file. */
async function openContainer(source) {
  const found = await findDirectory(source);
  const directory = await source.read(found.at, found.size);
  const members = listed(directory);
  checkMembers(members);
  const opened = new Map();
  let at = 0;
  for (const member of members) {
    const [before, after] = [localHeader(member), descriptor(member)];
    member.at = at;
    const start = at + before.length;
    at = start + member.size + after.length;
    if (at > found.at) throw broken(`'${member.name}' is larger than the file`);
    if (!same(await source.read(start - before.length, before.length), before))
      throw broken(`what stands before '${member.name}' is not as it must be`);
    if (!same(await source.read(at - after.length, after.length), after))
      throw broken(`what stands after '${member.name}' is not as it must be`);
    opened.set(member.name, { at: start, size: member.size });
  }
  const end = ending(members.length, found.size, found.at);
  if (at !== found.at || at + found.size + end.length !== source.size) throw broken("something lies between its parts");
  if (!same(directory, joined(...members.map(directoryRecord)))) throw broken("its directory is not as it must be");
  if (!same(await source.read(source.size - end.length, end.length), end)) throw broken("its end is not as it must be");
  return opened;
}

/** A member's lines, a chunk in memory at a time. */
class Lines {
  constructor(source, member, code, name) {
    this.source = source;
    this.at = member.at;
    this.end = member.at + member.size;
    this.code = code;
    this.name = name;
    this.held = new Uint8Array();
    this.from = 0;
  }

  /** The next line, without its line feed, as far as it is in memory; else null. Valid until the next is asked for. */
  take() {
    const end = this.held.indexOf(10, this.from);
    if (end < 0) return null;
    if (end - this.from > LINE) throw this.wrong("has a line that is too long");
    const line = this.held.subarray(this.from, end);
    this.from = end + 1;
    return line;
  }

  /** The next line; null after the last. Raises Malformed. */
  async next() {
    for (;;) {
      const line = this.take();
      if (line !== null) return line;
      const rest = this.held.subarray(this.from);
      if (rest.length > LINE) throw this.wrong("has a line that is too long");
      if (this.at === this.end) {
        if (rest.length) throw this.wrong("does not end its last line");
        return null;
      }
      const more = await this.source.read(this.at, Math.min(CHUNK, this.end - this.at));
      this.at += more.length;
      this.held = joined(rest, more);
      this.from = 0;
    }
  }

  wrong(why) {
    return new Malformed(this.code, `'${this.name}' ${why}`);
  }
}

// ---------------------------------------------------------------------------------------------------------------- tree

const pair = new Uint8Array(65);
pair[0] = 1;

/** RFC 6962, section 2.1: the hash of a node over two. */
function nodeHash(left, right) {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** The root over leaves that come one after the other. */
class Frontier {
  constructor() {
    this.hashes = [];
    this.levels = []; // 2^level leaves under the hash; descending
  }

  push(hash, level = 0) {
    while (this.levels.length && this.levels.at(-1) === level) {
      hash = nodeHash(this.hashes.pop(), hash);
      this.levels.pop();
      level++;
    }
    this.hashes.push(hash);
    this.levels.push(level);
  }

  root() {
    if (!this.hashes.length) return sha256(new Uint8Array());
    return this.hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root over a tree of `size` leaves, of which some are given, ascending, and nodes stand for all others. */
class Multiproof {
  /** `lines`: where nodes are read, hex, as they are needed. */
  constructor(size, lines) {
    this.size = size;
    this.lines = lines;
    this.frontier = new Frontier();
    this.next = 0; // the first position that is not in the frontier
    this.malformed = null; // what is wrong with a node: told when all leaves were looked at
    this.missing = false;
  }

  /** The next leaf. */
  async add(position, hash) {
    if (position > this.next) await this.skip(position);
    this.frontier.push(hash);
    this.next = position + 1;
  }

  /** Nodes for what lies between the last leaf and `end`: the largest subtrees of which nothing is given. */
  async skip(end) {
    while (this.next < end && !this.malformed && !this.missing) {
      let [start, stop] = [0, this.size];
      while (start < this.next || stop > end) {
        const middle = start + leftSize(stop - start);
        if (this.next < middle) stop = middle;
        else start = middle;
      }
      const node = await this.node();
      if (node === null) this.missing = !this.malformed;
      else this.frontier.push(node, Math.log2(stop - start));
      this.next = stop;
    }
    this.next = end;
  }

  /** The next node, null if there is none that can be read. */
  async node() {
    try {
      const line = this.lines.take() ?? (await this.lines.next());
      const node = line && hashLine(line);
      if (line && !node) throw this.lines.wrong("has a line that is not 64 hex digits");
      return node;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.malformed = error;
      return null;
    }
  }

  /** The root; null if a node is missing or left over. Raises Malformed for a line that is no node. */
  async finish() {
    await this.skip(this.size);
    let left = 0;
    while (!this.malformed && (await this.node()) !== null) left++;
    if (this.malformed) throw this.malformed;
    return this.missing || left ? null : this.frontier.root();
  }
}

/** The greatest power of two below `count`, which is at least 2. */
function leftSize(count) {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** RFC 9162, section 2.1.4.2: whether the tree of `size` leaves begins with that of `before`, 0 < before < size. */
function consistent(before, first, size, second, proof) {
  const path = 2 ** Math.round(Math.log2(before)) === before ? [first, ...proof] : proof;
  if (!proof.length) return false;
  const half = (value) => Math.floor(value / 2);
  let [fn, sn] = [before - 1, size - 1];
  for (; fn % 2 === 1; fn = half(fn)) sn = half(sn);
  let [fr, sr] = [path[0], path[0]];
  for (const node of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(node, fr);
      sr = nodeHash(node, sr);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) sn = half(sn);
    } else {
      sr = nodeHash(sr, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(fr, first) && same(sr, second);
}

// -------------------------------------------------------------------------------------------------------------- claims

const SCOPES = {
  all: {},
  chain: { chain: (value) => isHex(value, 32) },
  agent: { dialect: isText, name: isText },
  session: { dialect: isText, name: isText },
  range: { from: isNumber, to: isNumber },
};

/** Whether an object has these fields and no others, each as its check says; `optional` ones may be missing. */
function hasFields(value, checks, optional = []) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const known = Object.keys(value).every((key) => Object.hasOwn(checks, key) && checks[key](value[key]));
  return known && Object.keys(checks).every((key) => key in value || optional.includes(key));
}

function isScope(value) {
  const kind = value?.kind;
  if (!isText(kind) || !Object.hasOwn(SCOPES, kind)) return false;
  return hasFields(value, { kind: isText, ...SCOPES[kind] }, ["from", "to"]);
}

const CLAIMS = {
  entries: isNumber,
  format: (value) => value === "affidavit-bundle/1",
  origin: (value) => isText(value) && /^[!-*,-~]+$/.test(value),
  scope: isScope,
};

/** A value of ours in canonical JSON. */
function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.keys(value).sort();
  return `{${pairs.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** Step 2: what bundle.json says. Raises Malformed. */
function readClaims(bytes) {
  const claims = jsonObject(bytes);
  if (!claims || !hasFields(claims, CLAIMS)) throw new Malformed("claims", "bundle.json does not say what it must");
  if (!same(bytes, utf8(`${canonical(claims)}\n`)))
    throw new Malformed("claims", "bundle.json is not one line of canonical JSON");
  return claims;
}

// ------------------------------------------------------------------------------------------------------------- entries

const WORD = "[A-Za-z0-9_.-]{1,64}";
const HEADER = new RegExp(
  `^\\{"at":([0-9]{1,16}),"by":"${WORD}","chain":"([0-9a-f]{32})","dialect":"(${WORD})","id":"(${ID})",` +
    '"payload":"[0-9a-f]{64}","prev":"([0-9a-f]{64})","seq":([0-9]{1,16}),"v":1\\}$',
);
const COMMITTED = '"payload":"'; // what stands before the commitment in a header

/** Bytes of ASCII -> text. What is not ASCII becomes some other character that is not. */
const ascii = inNode
  ? (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).latin1Slice()
  : (bytes) => latin.decode(bytes);

/** A line of `headers`, null if it is none. `start` is where the header begins in the line. */
function readHeader(line) {
  const text = ascii(line);
  const blank = text.indexOf(" ");
  const found = HEADER.exec(text.slice(blank + 1));
  const position = blank > 0 ? numberOf(text.slice(0, blank)) : null;
  if (!found || position === null) return null;
  const [, at, chain, dialect, id, prev, seq] = found;
  const entry = { position, at: numberOf(at), chain, dialect, id, prev, seq: numberOf(seq), start: blank + 1 };
  if (entry.at === null || !entry.seq) return null;
  entry.payload = text.slice(text.indexOf(COMMITTED) + COMMITTED.length).slice(0, 64);
  return entry;
}

const PREFIX = utf8("affidavit/payload/v1\0");
let scratch = new Uint8Array(1 << 16);

/** SHA-256 of `before` and of the rest of `line` from `from` on. */
function hashAfter(before, line, from) {
  const size = before.length + line.length - from;
  if (scratch.length < size) scratch = new Uint8Array(2 * size);
  scratch.set(before);
  scratch.set(line.subarray(from), before.length);
  return sha256(scratch.subarray(0, size));
}

const LEAF = Uint8Array.of(0);
const ERASED = utf8("erased");
const salted = joined(PREFIX, new Uint8Array(16));

/** A line of `payloads` -> what it commits to; null for `erased`, undefined for what is neither. */
function commitmentOf(line) {
  if (same(line, ERASED)) return null;
  if (line.length < 33 || line[32] !== 32 || !unhex(line, 0, 32, salted, PREFIX.length)) return undefined;
  return hashAfter(salted, line, 33);
}

/** What a payload of the ledger's own says, null where it is no JSON object. `line`: of `payloads`. */
function ownPayload(line) {
  const payload = line.subarray(33);
  return line.length > 33 && payload.length <= PAYLOAD ? jsonObject(payload) : null;
}

const isHeads = ({ chains, root, size, type }) =>
  type === "heads" && isNumber(chains) && chains > 0 && isHex(root, 64) && isNumber(size);

/** What the ledger's own chain says: which entries were erased, id -> the newest position that names it; and where
 * chains ended, of the entry at `position`. What is wrong with an entry is found when its turn comes. */
async function ledgersWord(headers, payloads, position) {
  const word = { named: new Map(), heads: null };
  try {
    for (;;) {
      const header = headers.take() ?? (await headers.next());
      const payload = header && (payloads.take() ?? (await payloads.next()));
      if (!payload) return word;
      if (ascii(header).includes(OWN)) hear(word, readHeader(header), payload, position);
    }
  } catch (error) {
    if (error instanceof Malformed) return word; // its turn comes
    throw error;
  }
}

/** Adds what an entry says, if it is one of the ledger's own chain. */
function hear(word, entry, payload, position) {
  if (entry?.chain !== OWN || entry.dialect !== OWN_DIALECT) return;
  const said = ownPayload(payload);
  if (said?.type === "erasure" && Array.isArray(said.entries))
    for (const id of said.entries) if (isText(id)) word.named.set(id, entry.position);
  if (entry.position === position && said && isHeads(said)) word.heads = { ...said, at: entry.at };
}

// -------------------------------------------------------------------------------------------------------- verification

const POLICY_CODES = new Set(["quorum", "age", "checkpoint-newer", "checkpoint-unlinked", "incomplete"]);

/** Verifies a bundle and returns the report that bundle.md describes.
 *
 * `source`: {size, read(offset, length) -> Promise of so many bytes}. `demands`: {trust: Trust, held: [bytes],
 * receipts: [bytes], maxAge: s or null, complete: boolean, now: s since 1970}. Raises Usage where it cannot work. */
async function verify(source, demands) {
  await prepare();
  const verification = new Verification(source, demands);
  try {
    await verification.run();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    verification.problem(error.code, error.message, { position: error.position });
    verification.report.status = "malformed";
  }
  return verification.concluded();
}

class Verification {
  constructor(source, demands) {
    this.source = source;
    this.demands = demands;
    this.trust = Object.assign(new Trust(), demands.trust, { keys: new Map(demands.trust.keys), learnt: new Set() });
    this.chains = new Map(); // chain -> {count, seq, at, hash, whole, head: {seq, hash} below the heads' size}
    this.newest = 0; // the newest `at`
    this.stored = 0; // payloads that are there
    this.listsChains = false; // whether `heads` lists any
    this.witnessed = false; // whether a quorum has seen the checkpoint
    this.anchored = []; // sizes of the checkpoints that the auditor holds and the tree begins with
    this.complete = false; // whether the scope is proven complete
    this.report = {
      ...{ status: "proven", exit: 0, origin: null, size: null, root: null, scope: null },
      ...{
        entries: 0,
        chains: 0,
        erased: 0,
        proven: [],
        asserted: [],
        not_proven: [],
        problems: [],
        problems_total: 0,
      },
    };
  }

  /** Notes what is wrong. `notes`: signed notes that show it. */
  problem(code, message, { position = null, notes = [] } = {}) {
    const { report } = this;
    report.problems_total++;
    if (report.problems.length < MOST_LISTED) report.problems.push({ code, message, position, notes });
    if (report.status !== "failed") report.status = POLICY_CODES.has(code) ? "policy" : "failed";
  }

  /** The steps of bundle.md. Raises Malformed. */
  async run() {
    this.readGiven(); //                   0
    this.members = await openContainer(this.source); // 1
    this.claims = readClaims(await this.whole("bundle.json")); // 2
    this.report.scope = this.claims.scope;
    await this.followRotations(); //       3
    await this.checkCheckpoint(); //       4
    await this.checkEntries(); //          5 to 9
    await this.checkTree(); //             10
    this.checkCount(); //                  11
    this.checkCompleteness(); //           12
    await this.checkHeads(); //            13
    await this.checkEarlier(); //          14
    await this.checkHeld(); //             15
    await this.checkReceipts(); //         16
    this.checkQuorum(); //                 17
    this.checkAge(); //                    18
    this.checkComplete(); //               19
  }

  /** The bytes of a small member. */
  whole(name) {
    const { at, size } = this.members.get(name);
    return this.source.read(at, size);
  }

  lines(name, code) {
    return new Lines(this.source, this.members.get(name), code, name);
  }

  readGiven() {
    this.held = this.demands.held.map((bytes) => readCheckpoint(bytes, "the checkpoint that you hold"));
    this.receipts = this.demands.receipts.map((bytes) => {
      const receipt = readReceipt(bytes, "the receipt that you hold");
      return { ...receipt, frontier: null, found: 0, next: null, ended: false };
    });
  }

  async followRotations() {
    for (let number = 1; this.members.has(`keys/${number}`); number++) {
      const name = `keys/${number}`;
      const note = readNote(await this.whole(name), name);
      const [origin, word, text, end, ...more] = note.text.split("\n");
      const key = parseKey(text ?? "");
      if (word !== "signer" || end !== "" || more.length || key?.algorithm !== LEDGER_KEY || key.name !== origin)
        throw new Malformed("note", `${name}: not a rotation: origin, the word signer and the new key, a line each`);
      const keys = await this.signersOf(note, name);
      const mark = `${key.name}+${key.id}`;
      if (keys.some((signer) => signer.name === origin) && !this.trust.keys.has(mark)) {
        this.trust.keys.set(mark, key);
        this.trust.learnt.add(key);
      }
    }
  }

  async checkCheckpoint() {
    this.checkpoint = readCheckpoint(await this.whole("checkpoint"), "the checkpoint");
    const { origin, size, root } = this.checkpoint;
    Object.assign(this.report, { origin, size, root: hexOf(root) });
    if (this.claims.origin !== origin)
      this.problem("origin-mismatch", `bundle.json is of '${this.claims.origin}', the checkpoint of '${origin}'`);
    else if (!this.trust.has(origin))
      this.problem("origin-mismatch", `the checkpoint is of '${origin}', and no key that you trust has this name`);
    await this.isSigned(this.checkpoint.note, origin, "the checkpoint");
    for (const name of this.members.keys())
      if (Number(EARLIER.exec(name)?.[1] ?? 0) >= size) throw broken(`'${name}' is not below the checkpoint's size`);
    const { times, wrong } = await cosigners(this.checkpoint.note, this.trust);
    for (const witness of wrong)
      this.problem("signature-invalid", `the checkpoint: the cosignature of the witness ${witness} does not hold`);
    this.cosigned = times;
  }

  /** The trusted keys that signed a note. Notes the signatures of such keys that do not hold. */
  async signersOf(note, what) {
    const { keys, wrong } = await signers(note, this.trust);
    for (const key of wrong)
      this.problem("signature-invalid", `${what}: the signature of ${key.name}+${key.id} does not hold`);
    return keys;
  }

  /** Whether a trusted key of this name signed a note, and every signature of a trusted key holds. Notes it if not. */
  async isSigned(note, name, what) {
    const before = this.report.problems_total;
    const keys = (await this.signersOf(note, what)).filter((key) => key.name === name);
    if (this.report.problems_total === before && !keys.length)
      this.problem("signature-missing", `${what}: no key of '${name}' that you trust signed it`);
    return this.report.problems_total === before;
  }

  // -- steps 5 to 9: the entries, one after the other

  async checkEntries() {
    await this.readHeadsPosition();
    this.word = await ledgersWord(this.lines("headers", "header"), this.lines("payloads", "payload"), this.headsAt);
    const [headers, payloads] = [this.lines("headers", "header"), this.lines("payloads", "payload")];
    this.tree = new Multiproof(this.checkpoint.size, this.lines("nodes", "nodes"));
    this.roots = new Map(this.held.map((held) => [held.size, null])); // size -> root of so many first entries
    this.before = -1; // the position before
    for (;;) {
      const line = headers.take() ?? (await headers.next());
      if (line === null) break;
      const entry = this.entryOf(line);
      entry.hash = hashAfter(LEAF, line, entry.start);
      this.checkChain(entry);
      const payload = payloads.take() ?? (await payloads.next());
      this.checkPayload(entry, payload);
      this.checkScope(entry);
      this.note(entry);
      await this.tree.add(entry.position, entry.hash);
      if (this.report.entries === this.tree.next && this.roots.has(this.tree.next))
        this.roots.set(this.tree.next, this.tree.frontier.root());
    }
    if ((await payloads.next()) !== null) throw new Malformed("payload", "'payloads' has more lines than 'headers'");
    if (this.before < 0) throw new Malformed("header", "'headers' has no entry");
  }

  async readHeadsPosition() {
    this.headsAt = null;
    if (!this.members.has("heads")) return;
    this.headsLines = this.lines("heads", "heads");
    const line = await this.headsLines.next();
    this.headsAt = line && numberOf(ascii(line));
    if (this.headsAt === null) throw new Malformed("heads", "'heads' does not begin with a position");
  }

  entryOf(line) {
    const entry = readHeader(line);
    if (!entry) throw new Malformed("header", `the line of 'headers' after position ${this.before} is no header`);
    const { position } = entry;
    if (position <= this.before) throw new Malformed("header", `position ${position} follows ${this.before}`, position);
    if (position >= this.checkpoint.size)
      throw new Malformed("header", `position ${position} is not below the checkpoint's size`, position);
    this.before = position;
    return entry;
  }

  checkChain({ position, chain, seq, prev, at, hash }) {
    const tip = this.chains.get(chain) ?? { count: 0, seq: 0, at: 0, hash: null, whole: true, head: null };
    this.chains.set(chain, tip);
    const here = `entry ${position}, number ${seq} of chain ${chain},`;
    if (seq <= tip.seq) this.problem("sequence-broken", `${here} comes after number ${tip.seq}`, { position });
    const before = seq === 1 ? this.genesis(chain) : tip.hash;
    if ((seq === 1 || seq === tip.seq + 1) && hexOf(before) !== prev)
      this.problem("link-broken", `${here} does not link to the entry before it`, { position });
    if (at < tip.at) this.problem("time-backwards", `${here} is older than the entry before it`, { position });
    tip.count++;
    tip.whole &&= seq === tip.count;
    Object.assign(tip, { seq, at, hash });
    if (this.word.heads && position < this.word.heads.size) tip.head = { seq, hash };
  }

  genesis(chain) {
    const bytes = new Uint8Array(16);
    unhex(utf8(chain), 0, 32, bytes, 0);
    return sha256(joined(utf8(`affidavit/genesis/v1\0${this.checkpoint.origin}\0`), bytes));
  }

  checkPayload({ position, payload, id, chain }, line) {
    if (line === null) throw new Malformed("payload", `'payloads' ends before entry ${position}`, position);
    const committed = commitmentOf(line);
    if (committed === undefined)
      throw new Malformed(
        "payload",
        `the payload of entry ${position} is neither salt and payload nor erased`,
        position,
      );
    const named = this.word.named.get(id);
    if (committed === null) {
      this.report.erased++;
      if (chain === OWN || named === undefined || named <= position)
        this.problem("erasure-missing", `entry ${position} is erased, and no later entry says so`, { position });
      return;
    }
    this.stored++;
    if (hexOf(committed) !== payload)
      this.problem("payload-mismatch", `the payload of entry ${position} is not what was recorded`, { position });
    if (named !== undefined)
      this.problem("erasure-undone", `entry ${position} is here, but the ledger says that it was erased`, { position });
  }

  checkScope({ position, chain, dialect, at }) {
    const { scope } = this.claims;
    if (chain === OWN) return;
    const inside =
      scope.kind === "all" ||
      (scope.kind === "chain" && chain === scope.chain) ||
      ("dialect" in scope && dialect === scope.dialect) ||
      (scope.kind === "range" && at >= (scope.from ?? 0) && at <= (scope.to ?? Infinity));
    if (!inside) this.problem("scope-foreign", `entry ${position} is not in the scope`, { position });
  }

  /** Keeps of an entry what later steps need. */
  note({ position, id, hash, at }) {
    const { report } = this;
    report.entries++;
    this.newest = Math.max(this.newest, at);
    for (const receipt of this.receipts) {
      if (!receipt.frontier && id === receipt.first)
        Object.assign(receipt, { frontier: new Frontier(), next: position });
      if (!receipt.frontier || receipt.ended) continue;
      receipt.ended = position !== receipt.next || id === receipt.last;
      if (position !== receipt.next++) continue;
      receipt.frontier.push(hash);
      receipt.found++;
      receipt.complete = id === receipt.last;
    }
  }

  // -- steps 10 to 13: what the entries are together

  async checkTree() {
    const root = await this.tree.finish();
    if (root === null || !same(root, this.checkpoint.root))
      this.problem("root-mismatch", "headers and nodes do not give the root of the checkpoint");
  }

  checkCount() {
    const [told, found] = [this.claims.entries, this.report.entries];
    if (told !== found) this.problem("count-mismatch", `bundle.json tells of ${told} entries, there are ${found}`);
  }

  checkCompleteness() {
    const { scope } = this.claims;
    if (scope.kind === "all") {
      const whole = [...this.chains.values()].every((tip) => tip.whole);
      this.complete = whole && this.report.entries === this.checkpoint.size;
      if (!this.complete) this.problem("scope-incomplete", "not every entry under the checkpoint is here");
    }
    if (scope.kind === "chain" && !this.chains.get(scope.chain)?.whole)
      this.problem("scope-incomplete", `not every entry of the chain ${scope.chain} is here`);
  }

  async checkHeads() {
    if (this.headsAt === null) return;
    const { heads } = this.word;
    const wrong = (why) => this.problem("heads-mismatch", why);
    const sound = this.report.problems_total;
    if (!heads || heads.size > this.headsAt) {
      wrong(`entry ${this.headsAt} does not say where chains ended`);
      return;
    }
    const leaves = await this.readHeadLines(heads.chains, ({ chain, head, seq }) => {
      const tip = this.chains.get(chain);
      if (!tip?.whole || tip.head?.seq !== seq || hexOf(tip.head.hash) !== head)
        wrong(`the chain ${chain} does not end here where the ledger says`);
    });
    const tree = new Multiproof(heads.chains, this.headsLines);
    for (const { index, hash } of leaves) await tree.add(index, hash);
    const root = await tree.finish();
    if (root === null || hexOf(root) !== heads.root)
      wrong("the lines of 'heads' do not give the root that the ledger recorded");
    this.listsChains = leaves.length > 0;
    if (this.claims.scope.kind === "chain")
      this.complete =
        sound === this.report.problems_total && leaves.some(({ chain }) => chain === this.claims.scope.chain);
  }

  /** The lines of `heads` up to the empty one; `look` sees each as it comes. Raises Malformed. */
  async readHeadLines(count, look) {
    const leaves = [];
    const form = /^([0-9]+) \{"chain":"([0-9a-f]{32})","head":"([0-9a-f]{64})","seq":([1-9][0-9]*)\}$/;
    for (;;) {
      const line = await this.headsLines.next();
      if (line === null) throw new Malformed("heads", "'heads' has no empty line");
      if (line.length === 0) return leaves;
      const [, digits, chain, head, told] = form.exec(ascii(line)) ?? [];
      const [index, seq] = [numberOf(digits ?? ""), numberOf(told ?? "")];
      const before = leaves.at(-1) ?? { index: -1, chain: "" };
      if (index === null || seq === null || index <= before.index || chain <= before.chain || index >= count)
        throw new Malformed("heads", "a line of 'heads' is not as it must be");
      leaves.push({ index, chain, head, seq, hash: hashAfter(LEAF, line, digits.length + 1) });
      look(leaves.at(-1));
    }
  }

  // -- steps 14 to 16: what was signed before, and what the auditor holds

  async checkEarlier() {
    this.earlier = new Map();
    for (const name of this.members.keys()) {
      const [, digits] = EARLIER.exec(name) ?? [];
      if (!digits) continue;
      const earlier = readCheckpoint(await this.whole(name), name);
      if (earlier.size !== Number(digits)) throw new Malformed("note", `${name}: the checkpoint is of another size`);
      const proof = await this.readProof(`earlier/${digits}/consistency`);
      if (!(await this.isOurs(earlier, earlier.origin, name))) continue;
      this.earlier.set(earlier.size, earlier);
      const { size, root } = this.checkpoint;
      if (!consistent(earlier.size, earlier.root, size, root, proof))
        this.problem(
          "earlier-inconsistent",
          `the ledger did not grow out of what it was with ${earlier.size} entries`,
          {
            notes: [earlier.note.whole, this.checkpoint.note.whole],
          },
        );
    }
  }

  async readProof(name) {
    const lines = this.lines(name, "nodes");
    const proof = [];
    for (let line; (line = await lines.next()) !== null;) {
      const node = hashLine(line);
      if (!node) throw lines.wrong("has a line that is not 64 hex digits");
      proof.push(node);
    }
    return proof;
  }

  /** Whether what was signed is of this ledger, and signed by a trusted key of the name. Notes it if not. */
  async isOurs({ origin, note }, name, what) {
    if (origin === this.checkpoint.origin) return this.isSigned(note, name, what);
    this.problem("origin-mismatch", `${what}: of '${origin}', not of '${this.checkpoint.origin}'`);
    return false;
  }

  async checkHeld() {
    const { size } = this.checkpoint;
    for (const held of this.held) {
      const what = `the checkpoint of ${held.size} entries that you hold`;
      if (!(await this.isOurs(held, held.origin, what))) continue;
      const known = held.size === size ? this.checkpoint : this.earlier.get(held.size);
      const first = this.claims.scope.kind === "all" && this.complete ? this.roots.get(held.size) : null;
      const root = known?.root ?? first;
      if (held.size > size)
        this.problem("checkpoint-newer", `${what} is newer than the bundle: ask for one made since`);
      else if (!root) this.problem("checkpoint-unlinked", `${what}: nothing here shows that the ledger grew out of it`);
      else if (!same(root, held.root))
        this.problem("two-histories", `${what} has another root: two histories were signed, keep both notes`, {
          notes: [held.note.whole, (known ?? this.checkpoint).note.whole],
        });
      else this.anchored.push(held.size);
    }
  }

  async checkReceipts() {
    for (const receipt of this.receipts) {
      if (!(await this.isOurs(receipt, `${receipt.origin}/receipts`, "the receipt that you hold"))) continue;
      if (!receipt.complete || receipt.found !== receipt.count)
        this.problem("receipt-missing", `the entries ${receipt.first} to ${receipt.last} of the receipt are not here`);
      else if (!same(receipt.frontier.root(), receipt.root))
        this.problem("receipt-mismatch", "the entries of the receipt are not those that were recorded");
    }
  }

  // -- steps 17 to 19: what the auditor demands

  /** Whether something of this time, µs since 1970, is older than the auditor allows. */
  old(micros) {
    const { maxAge, now } = this.demands;
    return maxAge !== null && BigInt(now) * 1_000_000n - BigInt(micros) > BigInt(maxAge) * 1_000_000n;
  }

  checkQuorum() {
    if (this.trust.quorum === null) return;
    const fresh = [...this.cosigned].filter(([, time]) => !this.old(time * 1_000_000n)).map(([name]) => name);
    this.witnessed = this.trust.met(fresh);
    if (!this.witnessed)
      this.problem("quorum", "the witnesses that have seen the checkpoint, and lately enough, are not the quorum");
  }

  checkAge() {
    if (this.trust.quorum === null && this.old(this.newest))
      this.problem("age", "the newest entry is older than you allow");
  }

  checkComplete() {
    if (!this.demands.complete) return;
    if (!this.complete) this.problem("incomplete", "that the scope is complete is not proven");
    else if (this.claims.scope.kind === "chain" && this.endedBefore())
      this.problem("incomplete", "the entry that says where the chain ended is older than you allow");
  }

  /** Whether the heads are older than the auditor allows, and entries came after them. */
  endedBefore() {
    const { heads } = this.word;
    return heads.size < this.checkpoint.size - 1 && this.old(heads.at);
  }

  /** The report, with what follows from all steps. */
  async concluded() {
    const { report } = this;
    report.chains = this.chains.size;
    report.exit = { proven: 0, failed: 1, malformed: 2, policy: 3 }[report.status];
    if (report.exit === 0 || report.exit === 3)
      Object.assign(report, said(this, await signers(this.checkpoint.note, this.trust)));
    return report;
  }
}

// -------------------------------------------------------------------------------------------------------------- report

/** The three lists of a bundle that holds. `signed`: the trusted keys on its checkpoint. */
function said(found, signed) {
  const { report, claims, members, word, held, receipts, trust, checkpoint, witnessed, anchored, complete } = found;
  const { scope } = claims;
  const erased = report.erased > 0;
  const signer = signed.keys.find((key) => key.name === checkpoint.origin);
  const known = Math.max(0, ...anchored);
  const history = !witnessed && !known && !receipts.length;
  const since = !witnessed && !history && known < checkpoint.size;
  const end = scope.kind === "chain" && (!complete || word.heads.size < checkpoint.size - 1);
  const list = (...rows) => rows.filter(([there]) => there).map(([, code, message]) => ({ code, message }));
  const many = (count, one) => `${count} ${count === 1 ? one : one.replace(/y$/, "ie") + "s"}`;
  return {
    proven: list(
      [
        true,
        "signature",
        `a key that you trust signed the checkpoint of ${many(report.size, "entry")} of ${report.origin}`,
      ],
      [trust.learnt.has(signer), "rotation", "the key that signed is trusted because an older one named it"],
      [true, "inclusion", `${many(report.entries, "entry")} stand in the ledger at their positions`],
      [true, "chains", `${many(report.chains, "chain")}: numbers, links and times are in order`],
      [found.stored > 0, "payloads", `${many(found.stored, "payload")} are, byte by byte, what was recorded`],
      [erased, "erasures", `${many(report.erased, "payload")} were erased, and entries of the ledger say so`],
      [complete, "complete", "the scope is complete: no entry of it is left out"],
      [
        !complete && found.listsChains,
        "whole-chains",
        "chains that 'heads' lists are here from their first entry to their last",
      ],
      [found.earlier.size > 0, "earlier", `the ledger grew out of ${many(found.earlier.size, "earlier checkpoint")}`],
      [
        held.length > 0 && anchored.length === held.length,
        "held",
        "it does not contradict the checkpoint that you hold",
      ],
      [receipts.length > 0, "receipt", "the entries of your receipt are here, unchanged"],
      [witnessed, "quorum", "the witnesses that your policy asks for have seen the checkpoint"],
    ),
    asserted: list(
      [true, "contents", "what payloads say, names of agents and sessions too, is what clients sent, not what is true"],
      [true, "clock", "when entries were received is by the server's clock"],
      [true, "keys", "which key sent an entry is the server's word"],
      [
        "dialect" in scope || scope.kind === "range",
        "scope",
        "that these are all entries of the scope is the server's word",
      ],
      [
        found.demands.maxAge !== null && trust.quorum === null,
        "age",
        "how old the newest entry is, is by the server's clock",
      ],
      [erased, "erasure-reasons", "why payloads were erased, and on whose authority"],
    ),
    not_proven: list(
      [history, "history", "that this is the only history that the holder of the key has signed"],
      [since, "history-since", "that it is the only history since what you hold"],
      [
        end,
        "chain-end",
        complete ? "that no entries of the chain came later that are not here" : "where the chain ended",
      ],
      [
        members.has("timestamp.tsr"),
        "timestamp",
        "the time stamp is not verified here: openssl ts -verify does, README.txt says how",
      ],
    ),
  };
}

const VERDICTS = {
  proven: "PROVEN",
  failed: "FAILED: this is not what was recorded.",
  malformed: "MALFORMED: this cannot be verified.",
  policy: "POLICY NOT MET: what is here holds, but you asked for more.",
};

/** A scope in words. */
function scopeText({ kind, chain, dialect, name, from, to }) {
  if (kind === "all") return "the whole ledger";
  if (kind === "chain") return `the chain ${chain}`;
  if (kind !== "range") return `the ${kind} ${JSON.stringify(name)} of ${dialect}`;
  const time = (word, at) => (at === undefined ? "" : ` ${word} ${timeText(at)}`);
  return `what was received${time("from", from)}${time("to", to)}`;
}

/** A time, µs since 1970. JavaScript's dates end in the year 275760. */
function timeText(micros) {
  const date = new Date(Math.floor(micros / 1000));
  return Number.isNaN(date.getTime()) ? `${micros} µs` : date.toISOString();
}

/** A report for people. */
function reportText(report) {
  const rows = (title, list) =>
    list.length ? [`\n${title}`, ...list.map((row) => `  ${row.code.padEnd(22)} ${printableText(row.message)}`)] : [];
  const notes = report.problems.flatMap(({ code, notes }) => notes.map((note) => `\nSigned note (${code}):\n${note}`));
  const unlisted = report.problems_total - report.problems.length;
  return [
    VERDICTS[report.status],
    ...(report.scope ? [`\nThe bundle claims to be: ${printableText(scopeText(report.scope))}`] : []),
    ...rows("Problems:", report.problems),
    ...(unlisted ? [`  and ${unlisted} more`] : []),
    ...notes,
    ...rows("Proven:", report.proven),
    ...rows("Asserted only by the ledger:", report.asserted),
    ...rows("Not proven:", report.not_proven),
  ].join("\n");
}

/** For a terminal: no control characters of somebody else's, and nothing that turns a line around. */
const printableText = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");

// ------------------------------------------------------------------------------------------------------------- program

const USAGE = `usage: node affidavit_verify.mjs BUNDLE --key KEY [options]

  --key KEY            a verifier key that you trust, of the ledger or of its receipts; repeatable
  --policy FILE        keys, witnesses and their quorum (C2SP tlog-policy)
  --checkpoint FILE    a signed checkpoint that you hold; repeatable
  --receipt FILE       a signed receipt that you hold; repeatable
  --max-age AGE        the greatest age of the checkpoint, such as 90s, 24h, 7d
  --now SECONDS        the time that ages count from, s since 1970
  --complete           demand that the scope is proven complete
  --json               a report for machines

Exit codes: 0 proven, 1 failed, 2 malformed, 3 the policy is not met.`;

const NO_KEY =
  "Name a key that you trust: a verifier key, or a policy with a log line. A bundle cannot vouch for itself.";
const VALUES = { "--key": "keys", "--receipt-key": "keys", "--policy": "policies", "--checkpoint": "held" };
Object.assign(VALUES, { "--receipt": "receipts", "--max-age": "ages", "--now": "nows" });
const SWITCHES = { "--complete": "complete", "--json": "json", "--help": "help", "-h": "help" };

/** Arguments -> what they ask for. Raises Usage. */
function parseArguments(given) {
  const asked = { keys: [], policies: [], held: [], receipts: [], ages: [], nows: [], bundles: [] };
  for (let at = 0; at < given.length; at++) {
    const [, option, value] = /^(--[a-z-]+)=(.*)$/s.exec(given[at]) ?? [null, given[at]];
    if (Object.hasOwn(SWITCHES, option) && value === undefined) asked[SWITCHES[option]] = true;
    else if (Object.hasOwn(VALUES, option)) {
      if (value === undefined && at + 1 === given.length) throw new Usage(`${option} needs a value`);
      asked[VALUES[option]].push(value ?? given[++at]);
    } else if (option.startsWith("-")) throw new Usage(`there is no option ${option}\n${USAGE}`);
    else asked.bundles.push(given[at]);
  }
  return asked;
}

const UNITS = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** "90s", "24h", "7d" -> s. Raises Usage. */
function parseAge(text) {
  const [, digits, unit] = /^([0-9]{1,9})([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new Usage(`'${text}' is no age: 90s, 15m, 24h, 7d`);
  return Number(digits) * UNITS[unit];
}

function parseNow(text) {
  const now = numberOf(text);
  if (now === null) throw new Usage(`'${text}' is no time: s since 1970`);
  return now;
}

/** Texts and files' bytes -> demands. Raises Usage. */
function demandsOf({ keys, policies, held, receipts, maxAge, now, complete }) {
  const trust = new Trust();
  for (const key of keys) trust.add(key);
  for (const policy of policies) readPolicy(policy, trust);
  return { trust, held, receipts, maxAge, now, complete };
}

/** A browser's File as a source. */
function blobSource(blob) {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/** An open file of Node as a source. */
async function fileSource(file) {
  const { size } = await file.stat();
  const read = async (offset, length) => {
    const bytes = new Uint8Array(length);
    for (let done = 0, got; done < length; done += got) {
      ({ bytesRead: got } = await file.read(bytes, done, length - done, offset + done));
      if (!got) throw broken("the file became shorter while it was read");
    }
    return bytes;
  };
  return { size, read };
}

/** The command line. Returns the exit code. */
async function main(given) {
  const { open, readFile } = await import("node:fs/promises");
  const asked = parseArguments(given);
  if (asked.help) {
    console.log(USAGE);
    return 0;
  }
  if (asked.bundles.length !== 1) throw new Usage(`name one bundle\n${USAGE}`);
  const files = (names) => Promise.all(names.map((name) => readFile(name)));
  const demands = demandsOf({
    keys: asked.keys,
    policies: await files(asked.policies),
    held: await files(asked.held),
    receipts: await files(asked.receipts),
    maxAge: asked.ages.length ? parseAge(asked.ages.at(-1)) : null,
    now: asked.nows.length ? parseNow(asked.nows.at(-1)) : Math.floor(Date.now() / 1000),
    complete: Boolean(asked.complete),
  });
  if (!demands.trust.keys.size) throw new Usage(NO_KEY);
  const file = await open(asked.bundles[0]);
  try {
    const report = await verify(await fileSource(file), demands);
    console.log(asked.json ? JSON.stringify(report) : reportText(report));
    return report.exit;
  } finally {
    await file.close();
  }
}

if (globalThis.affidavitVerifier) {
  Object.assign(globalThis.affidavitVerifier, { verify, demandsOf, parseAge, blobSource, Usage, VERDICTS, NO_KEY });
} else if (inNode) {
  main(process.argv.slice(2)).then(
    (code) => (process.exitCode = code),
    (error) => {
      console.error(`affidavit_verify: ${error.message}`);
      process.exitCode = 2;
    },
  );
}
