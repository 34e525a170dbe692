// What verify.html does: takes what the auditor has, calls affidavit_verify.mjs, which was loaded before it, and shows
// the report. Whatever comes out of a bundle is put in as text, never as HTML.
"use strict";
{
  const field = (id) => document.getElementById(id);
  const [form, bundle, go, status, result] = ["form", "bundle", "go", "status", "result"].map(field);

  /** An element with a text, or with these in it. */
  function element(name, ...content) {
    const made = document.createElement(name);
    made.append(...content);
    return made;
  }

  /** A pasted note or policy as bytes, in a list; empty if nothing was pasted. */
  function pasted(id) {
    const text = field(id).value.trim();
    return text ? [new TextEncoder().encode(`${text}\n`)] : [];
  }

  /** What the auditor asked for. Raises Usage. */
  function asked() {
    const age = field("age").value.trim();
    const demands = demandsOf({
      keys: field("keys")
        .value.split("\n")
        .filter((line) => line.trim()),
      policies: pasted("policy"),
      held: pasted("checkpoint"),
      receipts: pasted("receipt"),
      maxAge: age ? parseAge(age) : null,
      now: Math.floor(Date.now() / 1000),
      complete: field("complete").checked,
    });
    if (!demands.trust.keys.size) throw new Usage(NO_KEY);
    return demands;
  }

  /** The file as a source, which says how far it was read. */
  function watched(file) {
    const source = blobSource(file);
    const read = (offset, length) => {
      status.textContent = `Verifying, at ${Math.round((100 * offset) / file.size)} % of the file ...`;
      return source.read(offset, length);
    };
    return { size: source.size, read };
  }

  function listOf(title, rows, explained) {
    if (!rows.length) return [];
    const items = rows.map((row) => element("li", element("code", row.code), row.message));
    return [
      element("h3", title),
      Object.assign(element("p", explained), { className: "quiet" }),
      element("ul", ...items),
    ];
  }

  function show(report) {
    const verdict = field("verdict");
    verdict.textContent = VERDICTS[report.status];
    verdict.className = report.status;
    const facts = { Ledger: report.origin, Entries: report.entries, "of a ledger of": report.size, Root: report.root };
    if (report.scope) facts.Scope = JSON.stringify(report.scope);
    const known = Object.entries(facts).filter(([, value]) => value !== null);
    field("facts").replaceChildren(
      ...known.flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]),
    );
    const unlisted = report.problems_total - report.problems.length;
    const more = unlisted ? [element("p", `and ${unlisted} more`)] : [];
    const notes = report.problems.flatMap((problem) => problem.notes.map((note) => element("pre", note)));
    field("lists").replaceChildren(
      ...listOf("Problems", report.problems, "What is wrong, or less than you demand."),
      ...more,
      ...notes,
      ...listOf("Proven", report.proven, "Nobody could have made this file so without the keys that you trust."),
      ...listOf("Asserted only by the ledger", report.asserted, "Recorded, but you take the ledger's word for it."),
      ...listOf("Not proven", report.not_proven, "What this file and what you hold leave open."),
    );
    field("json").textContent = JSON.stringify(report, null, 1);
    result.hidden = false;
    result.focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    result.hidden = true;
    try {
      const report = await verify(watched(bundle.files[0]), asked());
      status.textContent = "";
      show(report);
    } catch (error) {
      status.textContent = error instanceof Usage ? error.message : `The file could not be verified: ${error.message}`;
    } finally {
      go.disabled = false;
    }
  });

  const dropping = (on) => (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", on);
  };
  document.addEventListener("dragover", dropping(true));
  document.addEventListener("dragleave", dropping(false));
  document.addEventListener("drop", (event) => {
    dropping(false)(event);
    if (event.dataTransfer.files.length) bundle.files = event.dataTransfer.files;
  });
}
