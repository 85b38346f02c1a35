/**
 * Hashes the files of a folder across workers, and prints each digest as it arrives, in the format of `sha256sum`.
 *
 *     deno run --allow-read examples/worker_pool.ts [--workers 4] [folder]
 *
 * A worker gets its next file when it has finished one, so no worker waits for another. Progress goes to stderr. The exit
 * code is 1 if a file could not be read or a worker failed, and 2 if the arguments are wrong.
 *
 * @module
 */
import { createPubSub, createWorkerHostEventTarget } from "@alkdev/pubsub";
import { parseArgs } from "node:util";
import type { PoolEvents } from "./worker_pool/hasher.ts";

const { values, positionals: [folder = "."] } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: "string", default: String(navigator.hardwareConcurrency) } },
});
const workers = Number(values.workers);
if (!(workers >= 1) || !isFolder(folder)) {
  console.error("Usage: worker_pool.ts [--workers 4] [folder]");
  Deno.exit(2);
}

const files = [...filesIn(folder)].sort();
const pool = Array.from({ length: Math.min(workers, files.length) }, startHasher);
let failed = 0;
const eventTarget = createWorkerHostEventTarget(pool, { onError: (error) => console.error(String(error)) });
const pubsub = createPubSub<PoolEvents>({ eventTarget });
const results = pubsub.subscribe("file.done");
const queue = files[Symbol.iterator]();
let left = files.length;

for (const worker of pool) {
  const spoke = eventTarget.addWorker(worker);
  const giveNext = (): void => {
    const { value: path } = queue.next();
    if (path !== undefined) spoke.publish({ type: "file.hash", id: path, payload: null });
  };
  spoke.addEventListener("file.done", giveNext);
  void spoke.closed.then((error) => {
    // Nobody hashes the file of a worker that has failed.
    if (error !== undefined) void eventTarget.close();
  });
  giveNext();
}

if (left > 0) {
  for await (const { id, payload } of results) {
    if ("digest" in payload) console.log(`${payload.digest}  ${printable(id)}`);
    else {
      failed++;
      console.error(`${printable(id)}: ${payload.error}`);
    }
    left--;
    console.error(`${files.length - left} of ${files.length}`);
    if (left === 0) break;
  }
}
await eventTarget.close();
for (const worker of pool) worker.terminate();
Deno.exit(failed > 0 || left > 0 ? 1 : 0);

function startHasher(): Worker {
  return new Worker(new URL("./worker_pool/hasher.ts", import.meta.url), { type: "module" });
}

/** Yields the paths of all files under a folder, without following links. */
function* filesIn(folder: string): Generator<string, void> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else if (isFile) yield path;
  }
}

/** A file name with its control characters escaped: a terminal would obey them. */
function printable(name: string): string {
  return name.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
