// A page that keeps where its subscription stands, and what it has heard, over reloads. Each tab keeps its own. It tells what
// it has heard when the hub asks.
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";

/** Kept after each event, in one step. */
interface Kept {
  readonly position?: string;
  readonly heard: readonly number[];
  readonly gaps: number;
}

type Events = { number: number; ask: string; told: Kept };

const hub = new URLSearchParams(location.search).get("hub") ?? "";
const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(hub), { resume: createResume() });
const pubsub = createPubSub<Events>({ eventTarget });
let kept: Kept = JSON.parse(sessionStorage.getItem("kept") ?? '{ "heard": [], "gaps": 0 }');

pubsub.on("ask", () => pubsub.publish("told", "", kept));
const numbers = pubsub.subscribe("number", { from: kept.position ?? "start" });
const { gaps } = kept;
for await (const { payload, at = "" } of numbers) {
  kept = { position: at, heard: [...kept.heard, payload], gaps: gaps + (numbers.gaps ?? 0) };
  sessionStorage.setItem("kept", JSON.stringify(kept));
}
