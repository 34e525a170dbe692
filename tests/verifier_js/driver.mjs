// Verifies many bundles in one process: a line of JSON in, the report as a line of JSON out.
// `as`: "program" as Node runs it, "page" as a browser does: a plain script, with nothing that is Node's.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import vm from "node:vm";

const file = process.argv[2];
globalThis.affidavitVerifier = {};
await import(file);

const offered = {
  Blob,
  TextDecoder,
  TextEncoder,
  Uint8Array,
  Int32Array,
  DataView,
  atob,
  btoa,
  crypto: globalThis.crypto,
};
const page = vm.createContext({ ...offered, affidavitVerifier: {} });
vm.runInContext(await readFile(file, "utf8"), page);
const libraries = { program: globalThis.affidavitVerifier, page: page.affidavitVerifier };

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
for await (const line of createInterface({ input: process.stdin })) {
  const { as, bundle, policies, held, receipts, ...plain } = JSON.parse(line);
  const { verify, demandsOf, blobSource } = libraries[as];
  let answer;
  try {
    const demands = demandsOf({
      ...plain,
      policies: policies.map(bytes),
      held: held.map(bytes),
      receipts: receipts.map(bytes),
    });
    answer = await verify(blobSource(new Blob([bytes(bundle)])), demands);
  } catch (error) {
    answer = { raised: error.constructor.name, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
