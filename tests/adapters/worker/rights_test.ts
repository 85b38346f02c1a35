import { assertEquals } from "@std/assert";
import { createWorkerHostEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { envelope } from "../../support/events.ts";

/** A thread that speaks the protocol by hand, and says that it is open when the test does. */
function openThread(port: MessagePort) {
  const received: string[] = [];
  const mark = (message: object) => port.postMessage({ "@alkdev/pubsub": 1, ...message });
  let isHubReady = false;
  port.onmessage = ({ data }) => {
    if (data.ready === "hub") isHubReady = true;
    for (const { type, id } of data.frame === undefined ? [] : [data.frame].flat()) {
      if (!type.startsWith("__")) received.push(`${type}:${id}`);
    }
  };
  mark({ ready: "link" });
  return {
    received,
    subscribe: (...topics: string[]) =>
      mark({ frame: { type: "__subscribe", id: "1", payload: { topics } }, bytes: 0 }),
    publish: (type: string, id: string) => mark({ frame: { type, id }, bytes: 0 }),
    open: async () => {
      await eventually(() => isHubReady);
      mark({ ready: "open" });
    },
  };
}

for (const how of ["refuses everything", "allows a type", "answers later", "throws"] as const) {
  Deno.test(`a worker that does not say that it is open is kept nothing beyond what authorize allows: it ${how}`, async () => {
    const { port1, port2 } = new MessageChannel();
    const asked: string[] = [];
    const faults: string[] = [];
    const host = createWorkerHostEventTarget(port1, {
      authorize: ({ action, type, id }) => {
        asked.push(`${action} ${type}:${id}`);
        if (how === "answers later") return Promise.resolve(true);
        if (how === "throws") throw new Error("no");
        return how === "allows a type" && type === "public";
      },
      onError: (error, { stage }) => void faults.push(`${stage} ${error}`),
    });
    const heard: string[] = [];
    host.listen("done", undefined, { onEvent: ({ id }) => void heard.push(id) });
    const thread = openThread(port2);
    for (const id of ["1", "2", "1"]) {
      host.publish(envelope("secret", id, "s3cr3t"));
      host.publish(envelope("public", id));
    }
    const expected = ["secret:1", "public:1", "secret:2", "public:2"].map((topic) => `subscribe ${topic}`);
    assertEquals(asked, expected, "each topic once");
    await thread.open();
    // Everything has crossed once the answer to this is here.
    thread.subscribe("public", "secret");
    await eventually(() => assertEquals(asked.includes("subscribe secret:undefined"), true));
    const allowed = how === "allows a type" ? ["public:1", "public:2", "public:1"] : [];
    await eventually(() => assertEquals(thread.received.slice(0, 3), allowed));
    host.publish(envelope("secret", "3"));
    host.publish(envelope("public", "3"));
    const granted = how === "allows a type"
      ? ["public:3"]
      : how === "answers later"
      ? ["secret:3", "public:3"]
      : [];
    await eventually(() => assertEquals(thread.received.slice(allowed.length), granted));
    const reported = faults.filter((fault) => !fault.includes("subscribe a spoke to"));
    assertEquals(reported.length, how === "answers later" ? 1 : how === "throws" ? 4 : 0);
    await host.close();
    port2.close();
    port1.close();
  });
}

Deno.test("a revocation asks again about the topics of a worker that is opening", async () => {
  const { port1, port2 } = new MessageChannel();
  let isAllowed = true;
  const host = createWorkerHostEventTarget(port1, { authorize: () => isAllowed, onError() {} });
  const spoke = host.addWorker(port1); // the same spoke
  const thread = openThread(port2);
  host.publish(envelope("n", "1"));
  isAllowed = false;
  host.revoke(spoke);
  host.publish(envelope("n", "1"));
  await thread.open();
  await eventually(() => assertEquals(thread.received.length > 0, true));
  await host.close();
  assertEquals(thread.received, ["n:1"]);
  port2.close();
  port1.close();
});
