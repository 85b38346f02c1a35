/** Hubs over an upstream, and their ends. */
import { createInProcessEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import type { Ends } from "./conformance/mod.ts";
import { serveHub } from "./hubs.ts";
import { openLink } from "./links.ts";

/** The ends of a hub whose spokes receive each other's events over an upstream in the hub's process. */
export async function openUpstreamEnds(
  direction: "hub to link" | "link to hub" | "link to link",
): Promise<Ends<PubSubEventTarget>> {
  const upstream = createInProcessEventTarget();
  const served = serveHub({ upstream });
  const links = [openLink(served.url), openLink(served.url)] as const;
  for (const { link } of links) await link.flush();
  const ends = {
    "hub to link": [served.hub, links[1].link],
    "link to hub": [links[0].link, served.hub],
    "link to link": [links[0].link, links[1].link],
  } as const;
  const [near, far] = ends[direction];
  return {
    near,
    far,
    get faults() {
      return [...links.flatMap(({ faults }) => faults), ...served.faults];
    },
    async settle() {
      for (const { link } of links) await link.flush();
      await served.hub.flush();
    },
    async [Symbol.asyncDispose]() {
      for (const { link } of links) await link.close();
      await served[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}
