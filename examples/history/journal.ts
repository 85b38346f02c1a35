// A spoke that writes each event of `examples/history/hub.ts` to a file, once and in order, however often it is killed and
// started again, and however often its connection is lost.
//
//     deno run --allow-net --allow-read --allow-write examples/history/journal.ts file [URL of the hub]

import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { createResume, GapError } from "@alkdev/pubsub/history";
import type { Events } from "./events.ts";

const [path = "journal.txt", url = "ws://127.0.0.1:8787"] = Deno.args;

// Each line is the position of an event and its number. A line that was being written during the kill is not complete.
const text = await Deno.readTextFile(path).catch(() => "");
const complete = text.slice(0, text.lastIndexOf("\n") + 1);
await Deno.writeTextFile(path, complete);
const [position = "start"] = complete.trimEnd().split("\n").at(-1)?.match(/^\S+/) ?? [];

const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(url), {
  resume: createResume(),
  onStatus: ({ state, recovered, gap }) => console.log(recovered ? "recovered" : gap ? "gap" : state),
});
const pubsub = createPubSub<Events>({ eventTarget });
const numbers = pubsub.subscribe("number", "natural", { from: position, onGap: "error" });

using file = await Deno.open(path, { append: true });
try {
  for await (const { at, payload } of numbers) {
    file.writeSync(new TextEncoder().encode(`${at} ${payload.n}\n`));
  }
} catch (error) {
  if (!(error instanceof GapError)) throw error;
  // A real program loads the current state here, and subscribes again.
  console.error("The hub has forgotten what comes next: remove the file to begin anew");
  await eventTarget.close();
  Deno.exitCode = 1;
}
