import { assert, assertEquals } from "@std/assert";
import { createWebSocketServerEventTarget, type ErrorContext } from "@alkdev/pubsub";
import { capturePrinted } from "../../support/printed.ts";
import { FakeSocket } from "../../support/fake_socket.ts";

const ACTS_ON_TERMINALS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const HOSTILE = "\x1b[2J\r\x07\x9b31m\u202e\u2066\u2028\u2029\x7f\x85";

/** Lets a peer do what is reported: refused topics and events, malformed frames, words of a hub, and too much. */
function misbehave(socket: FakeSocket): void {
  const send = (type: string, id: string, payload: unknown): void =>
    socket.fire("message", { data: JSON.stringify({ type, id, payload }) });
  send("__subscribe", HOSTILE, { topics: [`news:${HOSTILE}`, HOSTILE + ":"] });
  send("news", HOSTILE, HOSTILE);
  send("__subscribed", HOSTILE, { topics: [HOSTILE] });
  socket.fire("message", { data: `{"${HOSTILE}` });
  socket.fire("message", { data: JSON.stringify({ type: HOSTILE, id: 5 }) });
  send("__subscribe", "r", { topics: ["a:1", "a:2", "a:3", "a:4"] });
}

for (
  const [what, context, name] of [
    ["a user", "anna", "anna"],
    ["a number", 17, "17"],
    ["an address that a peer has chosen", `10.0.0.1${HOSTILE}`, "10.0.0.1\\u001b[2J"],
    ["an object, which can have secrets", { token: "secret" }, undefined],
    ["none", undefined, undefined],
  ] as const
) {
  Deno.test(`default lines about a spoke name its peer, and have nothing that acts on a terminal: ${what}`, async () => {
    using printed = capturePrinted();
    const contexts: ErrorContext[] = [];
    for (const onError of [undefined, (_: Error, context: ErrorContext) => void contexts.push(context)]) {
      const hub = createWebSocketServerEventTarget({
        authorize: () => false,
        maxTopicsPerConnection: 2,
        onDisconnection: () => {
          throw new Error(HOSTILE);
        },
        ...(onError && { onError }),
      });
      const socket = new FakeSocket();
      hub.addConnection(socket, { context });
      misbehave(socket);
      assertEquals(hub.connectionCount, 0);
      await hub.close();
    }
    assert(printed.lines.length >= 5, `${printed.lines.length} lines`);
    for (const line of printed.lines) {
      assertEquals(ACTS_ON_TERMINALS.test(line), false, line);
      assertEquals(line.includes("secret"), false, line);
      assertEquals([line, line.includes(` ${name}`)], [line, name !== undefined]);
    }
    const stages = contexts.map(({ stage }) => stage);
    assertEquals([...new Set(stages)].toSorted(), ["decode", "publish", "subscribe"]);
    for (const { peer } of contexts) assertEquals(peer?.startsWith(name ?? "-"), name && true);
  });
}
