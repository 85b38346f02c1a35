// The event targets of docs/writing_an_adapter.md, over the sources, must do what all others do.

import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import type { ConnectOptions, HubEventTarget, HubOptions } from "@alkdev/pubsub/wire";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import { type Ends, type Fault, testEventTarget } from "../support/conformance/mod.ts";
import { eventually } from "../support/eventually.ts";
import { pageFiles } from "../support/page_files.ts";

/** The module of the page that its readers use. */
interface Lines {
  createLineLink(socket: Socket, options?: ConnectOptions): PubSubEventTarget;
  createLineHub(options?: HubOptions<Socket>): HubEventTarget<Socket>;
}

let folder: string;
let lines: Lines;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  const page = await Deno.readTextFile(new URL("../../docs/writing_an_adapter.md", import.meta.url));
  await Deno.mkdir(`${folder}/src`);
  for (const [path, text] of Object.entries(pageFiles(page))) {
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  lines = await import(pathToFileURL(`${folder}/src/lines.ts`).href);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`lines of docs/writing_an_adapter.md, ${direction}`, {
    kind: direction,
    open: () => openEnds(direction),
  });
}

async function openEnds(direction: "hub to link" | "link to hub"): Promise<Ends<PubSubEventTarget>> {
  const faults: Fault[] = [];
  const onError: ConnectOptions["onError"] = (error, context) => void faults.push({ error, context });
  const hub = lines.createLineHub({ onError });
  const server = createServer((socket) => void hub.addConnection(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  // Cast: a server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  const link = lines.createLineLink(createConnection(port, "127.0.0.1"), { onError });
  await link.flush();
  await eventually(() => hub.connectionCount === 1);
  return {
    ...(direction === "hub to link" ? { near: hub, far: link } : { near: link, far: hub }),
    faults,
    async settle() {
      await link.flush();
      await hub.flush();
    },
    async [Symbol.asyncDispose]() {
      await link.close();
      await hub.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
