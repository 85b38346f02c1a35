import { assert, assertEquals } from "@std/assert";
import { answer, controlsOf, open } from "../../../support/wire_hub.ts";
import { microtasks } from "../../../support/clock.ts";

/** What is kept of thirty frames of 0.9 MB, in megabytes, at most. The strings of the topics alone take 127 MB. */
const KEPT_MB = {
  "text that is not JSON": 2,
  "a malformed envelope": 2,
  "a type that is too long": 2,
  "a topic that is too long": 2,
  "too many topics": 2,
  "a ref that is too long": 2,
  "a bye with a long reason": 2,
  "a refusal with a long reason": 2,
  "a payload that a schema refuses": 2,
  "events of gone spokes": 17,
  "events of gone spokes that a schema has not checked": 17,
  "topics of gone spokes": 60,
};

let kept: Promise<Record<string, number>> | undefined;

async function runKept(): Promise<Record<string, number>> {
  const script = new URL("../../../support/kept_of_peers.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", script],
    env: { NO_COLOR: "1" },
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new Error(`The process failed: ${errors}`, { cause });
  }
}

for (const [what, limit] of Object.entries(KEPT_MB)) {
  Deno.test(`what a program keeps of a fault does not keep its frame: ${what}`, async () => {
    const mb = (await (kept ??= runKept()))[what] ?? NaN;
    assert(mb <= limit, `${mb} MB`);
  });
}

Deno.test("spokes that leave in crowds are forgotten in linear time, whatever waits for authorize", async () => {
  const times: number[] = [];
  for (const count of [1000, 8000]) {
    const { add, end, counts } = open({
      authorize: () => new Promise<boolean>(() => {}),
      maxPending: 100_000,
    });
    const sockets = Array.from({ length: count }, () => add().socket);
    for (const socket of sockets) socket.receive("n", "1");
    const start = performance.now();
    for (const socket of sockets) socket.fire("close", { code: 1006 });
    times.push((performance.now() - start) / count);
    assertEquals(counts()[0], 0);
    await end();
  }
  const [few = 0, many = 0] = times;
  assert(many < 4 * few + 0.01, `${few} ms a spoke of a thousand, ${many} ms a spoke of eight thousand`);
});

Deno.test("the events of spokes that have gone make room for others once they are decided", async () => {
  const decisions: ((allowed: boolean) => void)[] = [];
  const heard: string[] = [];
  const { hub, add, end, reports } = open({
    maxPending: 3,
    authorize: () => new Promise<boolean>((decide) => decisions.push(decide)),
  });
  hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  const leave = (...ids: string[]) => {
    const { socket } = add();
    for (const id of ids) socket.receive("n", id);
    socket.fire("close", { code: 1000 });
  };
  leave("1", "2");
  leave("3");
  leave("4");
  assertEquals(reports.map(({ error }) => error), ["Error: 1 events of the spoke were not handled"]);
  decisions[0]?.(true);
  await microtasks();
  leave("5");
  for (const decide of decisions) decide(true);
  await microtasks();
  assertEquals(heard.toSorted(), ["1", "2", "3", "5"]);
  leave("6", "7", "8");
  assertEquals(reports.length, 1);
  await end();
});

Deno.test("a request that was refused while it waited counts as answered once, and its spoke can ask again", async () => {
  let allowed: boolean | undefined = undefined;
  const decisions: ((allowed: boolean) => void)[] = [];
  const { hub, add, end } = open({
    maxTopicsPerConnection: 2,
    authorize: () => allowed ?? new Promise<boolean>((decide) => decisions.push(decide)),
  });
  const { socket, spoke } = add(["n:1", "n:2"]);
  hub.revoke(spoke);
  for (const decide of decisions) decide(true);
  await microtasks();
  allowed = true;
  socket.receive("__subscribe", "2", { topics: ["n:3", "n:4"] });
  await microtasks();
  assertEquals(controlsOf(socket), [
    answer("1", [], { "n:1": "revoked", "n:2": "revoked" }),
    answer("2", ["n:3", "n:4"]),
  ]);
  await end(socket);
});
