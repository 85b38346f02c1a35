import { assertEquals } from "@std/assert";
import { microtasks } from "../../../support/clock.ts";
import { open } from "../../../support/wire_hub.ts";

const frame = (count: number, element: (i: number) => unknown) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => element(i)));

Deno.test("the first sixteen faults of a frame are reported one by one, and all others of it as one", async () => {
  const { add, end, reports } = open({ authorize: () => false });
  const { socket, spoke } = add();
  socket.fire("message", { data: frame(1000, (i) => ({ type: "n", id: String(i) })) });
  assertEquals(reports.map(({ topic }) => topic), [...Array(16).keys(), 999].map((i) => `n:${i}`));
  const single = (id: number) => `TypeError: Cannot publish an event of a spoke on "n:${id}": not authorized`;
  assertEquals(reports[0]?.error, single(0));
  assertEquals(reports.at(-1)?.error, `${single(999)} (and 983 more faults of this spoke at once)`);
  assertEquals(
    new Set(reports.map(({ stage, target }) => [stage, target === spoke].join())),
    new Set(["publish,true"]),
  );
  await microtasks();
  assertEquals(reports.length, 17);
  socket.fire("message", { data: frame(17, (i) => ({ type: "n", id: String(i) })) });
  assertEquals(reports.slice(17).map(({ error }) => error), [...Array(17).keys()].map(single));
  await end(socket);
});

Deno.test("faults of each stage in a frame are reported apart, and so are those of two spokes", async () => {
  const { add, end, stages } = open({ authorize: () => false });
  const sockets = [add().socket, add().socket];
  const element = (i: number) =>
    [
      { type: "n", id: "1" },
      { type: "__subscribe", id: "1", payload: { topics: ["n"] } },
      { type: "__gap", id: "" },
      { type: "n" },
    ][i % 4];
  for (const socket of sockets) socket.fire("message", { data: frame(400, element) });
  const counts = Map.groupBy(stages(), (stage) => stage);
  // The malformed elements of a frame are one report.
  assertEquals([...counts].map(([stage, { length }]) => [stage, length]), [
    ["publish", 34],
    ["subscribe", 34],
    ["decode", 36],
  ]);
  await end(...sockets);
});

Deno.test("faults that are found after their frame are reported too, in the same turn", async () => {
  const { add, end, reports } = open({ authorize: () => Promise.resolve(false) });
  const { socket } = add();
  socket.fire("message", { data: frame(100, (i) => ({ type: "n", id: String(i) })) });
  await microtasks();
  await microtasks();
  assertEquals(reports.length, 17);
  await end(socket);
});

Deno.test("whatever a program prints of a report has no characters that act on a terminal", async () => {
  const hostile = "\x1b[2J\r\x9b31m\u202e\u2028";
  const printed: string[] = [];
  const { add, end } = open({
    authorize: () => false,
    onError: (error, { topic }) => void printed.push(String(error), String(topic)),
  });
  const { socket, spoke } = add([`__${hostile}`, hostile, `a:${hostile}`]);
  socket.receive(`a${hostile}`, "1");
  socket.receive("a", hostile);
  socket.fire("message", { data: hostile });
  socket.receive("__bye", "", { reason: hostile });
  const error = await spoke.closed;
  printed.push(String(error), Deno.inspect(error));
  for (const text of printed) {
    assertEquals(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text.replaceAll("\n", "")), false, JSON.stringify(text));
  }
  assertEquals(printed.length, 10);
  await end(socket);
});
