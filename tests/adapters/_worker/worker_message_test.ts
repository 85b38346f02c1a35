import { assertEquals } from "@std/assert";
import { markMessage, readMessage } from "../../../adapters/_worker/worker_message.ts";

const MARK = "@alkdev/pubsub";

Deno.test("a marked message is read unchanged", () => {
  const frame = { type: "n", id: "1" };
  for (
    const message of [
      { ready: "hub" },
      { ready: "link" },
      { ready: "open" },
      { taken: 0 },
      { taken: 5 },
      { frame, bytes: 3, ask: true },
      { frame, bytes: 3, ask: false },
    ] as const
  ) {
    assertEquals(readMessage(structuredClone(markMessage(message))), message);
  }
});

Deno.test("the program's messages, and those of other versions, are not read", () => {
  for (const data of [undefined, null, 1, "text", {}, [], { frame: 1 }, { [MARK]: 2, frame: 1 }, new Map()]) {
    assertEquals(readMessage(data), undefined);
  }
});

Deno.test("malformed members are left out", () => {
  for (const taken of [-1, NaN, 1.5, "9", 2 ** 60, null, {}]) {
    assertEquals(readMessage({ [MARK]: 1, taken }), {});
    assertEquals(readMessage({ [MARK]: 1, frame: null, bytes: taken, ask: 1 }), {
      frame: null,
      bytes: 0,
      ask: false,
    });
  }
  for (const ready of [true, "closed", 1, null]) assertEquals(readMessage({ [MARK]: 1, ready }), {});
  assertEquals(readMessage({ [MARK]: 1, later: 1, frame: undefined }), {
    frame: undefined,
    bytes: 0,
    ask: false,
  });
});
