/**
 * Hashes the files of a folder across workers, and prints each digest as it comes, as `sha256sum` does.
 *
 *     deno run --allow-read examples/worker_pool.ts [--workers 4] [folder]
 *
 * Each worker asks for a file when it has none, so that no worker waits for another. Progress goes to stderr.
 * The exit code is 1 if a file could not be read or a worker failed, and 2 when the arguments are wrong.
 *
 * @module
 */
import { createPubSub, createWorkerHostEventTarget } from "@alkdev/pubsub";
import { parseArgs } from "node:util";
import { escapeUnprintable } from "./_shared/event_line.ts";
import { readNumber, runProgram } from "./_shared/program.ts";
import type { PoolEvents } from "./worker_pool/hasher.ts";

interface PoolOptions {
  readonly folder: string;
  readonly workers: number;
}

function readOptions(args: string[]): PoolOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { workers: { type: "string", default: String(navigator.hardwareConcurrency) } },
  });
  const [folder = ".", ...rest] = positionals;
  if (rest.length > 0) throw new TypeError("There is one folder at most");
  if (!Deno.statSync(folder).isDirectory) throw new TypeError(`"${folder}" is not a folder`);
  return { folder, workers: readNumber("--workers", values.workers, 1, 64) };
}

async function run({ folder, workers }: PoolOptions, interrupted: AbortSignal): Promise<number> {
  const files = [...filesIn(folder)].sort();
  const pool = Array.from({ length: Math.min(workers, files.length) }, startHasher);
  let failed = 0;
  const eventTarget = createWorkerHostEventTarget(pool, { onError: (error) => console.error(String(error)) });
  const pubsub = createPubSub<PoolEvents>({ eventTarget });
  const results = pubsub.subscribe("file.done", { signal: interrupted });
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
      // Whoever waits for this file would wait for ever.
      if (error !== undefined) void eventTarget.close();
    });
    giveNext();
  }

  if (left > 0) {
    for await (const { id, payload } of results) {
      if ("digest" in payload) console.log(`${payload.digest}  ${escapeUnprintable(id)}`);
      else {
        failed++;
        console.error(`${escapeUnprintable(id)}: ${payload.error}`);
      }
      left--;
      console.error(`${files.length - left} of ${files.length}`);
      if (left === 0) break;
    }
  }
  await eventTarget.close();
  for (const worker of pool) worker.terminate();
  return failed > 0 || left > 0 ? 1 : 0;
}

function startHasher(): Worker {
  return new Worker(new URL("./worker_pool/hasher.ts", import.meta.url), { type: "module" });
}

/** The paths of all files under a folder; links are not followed. */
function* filesIn(folder: string): Generator<string, void> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else if (isFile) yield path;
  }
}

if (import.meta.main) {
  await runProgram({ usage: "worker_pool.ts [--workers 4] [folder]", readOptions, run });
}
