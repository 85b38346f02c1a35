/** A worker of `worker_pool.ts`, which hashes one file after the other. */
import { ConnectionLostError, createPubSub, createWorkerThreadEventTarget } from "@alkdev/pubsub";

/** The events between the host and its workers. The id is the path of the file. */
export type PoolEvents = {
  "file.hash": null;
  "file.done": { readonly digest: string } | { readonly error: string };
};

async function hash(path: string): Promise<PoolEvents["file.done"]> {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    return {
      digest: Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    };
  } catch (error) {
    return { error: String(error) };
  }
}

const pubsub = createPubSub<PoolEvents>({ eventTarget: createWorkerThreadEventTarget() });
try {
  for await (const { id: path } of pubsub.subscribe("file.hash")) {
    pubsub.publish("file.done", path, await hash(path));
  }
} catch (error) {
  // The host has every digest.
  if (!(error instanceof ConnectionLostError)) throw error;
}
