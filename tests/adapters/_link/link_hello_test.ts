import { inspect } from "node:util";
import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { Link } from "../../../adapters/_link/link.ts";
import { jsonCodec } from "../../../adapters/_wire/json_codec.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

/** The hello that was sent on a wire. */
function helloOn({ envelopes: [hello] }: FakeWire): Record<string, unknown> {
  assertEquals(hello?.type, "__hello");
  return hello?.payload as Record<string, unknown>;
}

Deno.test("a connection is open only once the hub has answered the hello", () =>
  withClock(async ({ pass }) => {
    const { openSilently, last, states, publish, close } = openReconnecting({ connectTimeoutMs: 3000 });
    await openSilently();
    publish("does not wait");
    await pass(2999);
    assertEquals([states(), sentOn(last())], [[], ["__hello", "n does not wait"]]);
    last().answerHello();
    await pass(60_000);
    assertEquals(states(), ["open"]);
    last().answerHello();
    assertEquals(states(), ["open"], "a second answer is no other connection");
    await close();
  }));

Deno.test("a hub that never answers the hello is reported and left, again and again, and never called open", () =>
  withClock(async ({ pass }) => {
    const { openSilently, open, wires, states, reports, listen, acknowledge, close } = openReconnecting({
      connectTimeoutMs: 3000,
    });
    let ready = 0;
    listen("news", { onReady: () => void ready++ });
    for (let i = 0; i < 3; i++) {
      await openSilently();
      await pass(3000);
      assertEquals([wires[i]?.closes.length, reports.length], [1, i + 1]);
      await pass(1000);
    }
    const fault = "TimeoutError: The hub had not answered the hello after 3000 ms";
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), Array(3).fill(`connect ${fault}`));
    assertEquals(states().includes("open"), false);
    await open();
    acknowledge("1", ["news"]);
    assertEquals([states().at(-1), ready], ["open, gap", 1]);
    await close();
  }));

Deno.test("a hub that answers everything but the hello has not answered it", () =>
  withClock(async ({ pass }) => {
    const { openSilently, last, states, listen, acknowledge, close } = openReconnecting({
      connectTimeoutMs: 3000,
    });
    listen("news");
    await openSilently();
    acknowledge("1", ["news"]);
    last().receiveEnvelopes({ type: "news", id: "1" }, { type: "__pong", id: "" });
    await pass(3000);
    assertEquals(states(), ["reconnecting"]);
    await close();
  }));

Deno.test("a wire that answers the hello inside the call of send opens after the topics", async () => {
  class Prompt extends FakeWire {
    override send(frame: string): void {
      super.send(frame);
      if (frame.includes("__hello")) this.answerHello();
    }
  }
  const wire = new Prompt();
  const sent: string[] = [];
  const link = new Link("TestLink", wire, jsonCodec, { onStatus: () => void sent.push(...sentOn(wire)) });
  assertEquals([link.status, sent], [{ state: "open" }, ["__hello"]]);
  wire.end({});
  assertInstanceOf(await link.closed, ConnectionLostError);
});

Deno.test("each hello has the same secret of its link and the next number, and no two links have one secret", () =>
  withClock(async ({ pass }) => {
    const one = openReconnecting();
    const other = openReconnecting();
    const hellos: Record<string, unknown>[] = [];
    for (let i = 0; i < 3; i++) {
      hellos.push(helloOn(await one.open()));
      one.lose();
      await pass(250);
      // An attempt that fails before its hello takes no number.
      one.lose();
      await pass(10_000);
    }
    assertEquals(hellos.map(({ connection }) => connection), [1, 2, 3]);
    const [secret] = hellos.map(({ link }) => link);
    assert(typeof secret === "string" && secret.length <= 64);
    assertEquals(hellos.map(({ link }) => link), [secret, secret, secret]);
    assertEquals(helloOn(await other.open())["link"] === secret, false);
    await one.close();
    await other.close();
  }));

Deno.test("the secret and the credentials of a link are in no report, no status and no inspection", () =>
  withClock(async ({ pass }) => {
    const { link, open, lose, statuses, reports, last, close } = openReconnecting({
      credentials: () => ({ token: "t0p-secret" }),
    });
    const secret = String(helloOn(await open())["link"]);
    last().receiveEnvelopes({ type: "__hello", id: "", payload: helloOn(last()) }, { type: "", id: "" });
    lose({ code: 1006, error: new Error("broken") });
    await pass(250);
    const seen = [
      // Other runtimes run this test too.
      (Deno.inspect ?? inspect)(link, { depth: 9, showHidden: true }),
      inspect(link, { depth: 9, showHidden: true }),
      JSON.stringify([link, statuses, reports]),
    ];
    for (const text of seen) {
      assertEquals([text.includes(secret), text.includes("t0p-secret")], [false, false]);
    }
    await close();
  }));

Deno.test("credentials are asked for on each connection, and are in the hello, ahead of everything", () =>
  withClock(async ({ pass }) => {
    let asked = 0;
    const { open, lose, last, listen, publish, states, close } = openReconnecting({
      credentials: () => Promise.resolve({ token: ++asked }),
      onOpen: (send) => send({ type: "joined", id: "1", payload: null }),
    });
    listen("news");
    publish("waits");
    for (const token of [1, 2]) {
      await open();
      assertEquals(helloOn(last())["credentials"], { token });
      assertEquals(sentOn(last()).slice(0, 3), ["__hello", "__subscribe 1", "joined 1"]);
      lose();
      await pass(250);
    }
    assertEquals(states(), ["open", "reconnecting", "reconnecting"]);
    await close();
  }));

Deno.test("nothing is sent before the credentials are there, whatever the program does meanwhile", () =>
  withClock(async () => {
    let give = (_: unknown): void => {};
    const { openSilently, last, listen, publish, link, close } = openReconnecting({
      credentials: () => new Promise((resolve) => give = resolve),
    });
    await openSilently();
    listen("news");
    publish("waits");
    const flushed = link.flush();
    await microtasks();
    assertEquals(last().frames, []);
    give("token");
    await microtasks();
    assertEquals(sentOn(last()), ["__hello", "__subscribe 1", "n waits", "__ping 1"]);
    last().receiveEnvelopes({ type: "__pong", id: "1" });
    await flushed;
    await close();
  }));

Deno.test("credentials that are undefined leave no trace in the hello", () =>
  withClock(async () => {
    const { open, last, close } = openReconnecting({ credentials: () => undefined });
    await open();
    assertEquals(Object.keys(helloOn(last())).sort(), [
      "batch",
      "connection",
      "link",
      "maxFrameBytes",
      "version",
    ]);
    await close();
  }));

Deno.test("credentials that throw, reject, hang or cannot be encoded make the connection fail, and are asked for again", () =>
  withClock(async ({ pass }) => {
    const results: (() => unknown)[] = [
      () => {
        throw new Error("thrown");
      },
      () => Promise.reject(new Error("rejected")),
      () => new Promise(() => {}),
      () => 1n,
      () => "token",
    ];
    const { openSilently, open, wires, reports, states, close } = openReconnecting({
      credentials: () => results.shift()?.(),
      connectTimeoutMs: 3000,
    });
    for (const delayMs of [250, 500, 4000, 2000]) {
      await openSilently();
      await pass(delayMs);
    }
    await open();
    assertEquals(wires.map(({ closes }) => closes.length), [1, 1, 1, 1, 0]);
    assertEquals(states().at(-1), "open, gap");
    const faults = reports.map(({ stage, error }) => `${stage} ${error}`);
    assertEquals(faults.slice(0, 3), [
      "connect Error: thrown",
      "connect Error: rejected",
      "connect TimeoutError: The connection was not open after 3000 ms",
    ]);
    assertMatch(faults[3] ?? "", /^connect TypeError: .*BigInt/);
    await close();
  }));

Deno.test("credentials that come after their connection was lost are not sent on the next one", () =>
  withClock(async ({ pass }) => {
    const given: ((value: unknown) => void)[] = [];
    const { openSilently, lose, last, wires, close } = openReconnecting({
      credentials: () => new Promise((resolve) => given.push(resolve)),
    });
    await openSilently();
    lose();
    await pass(250);
    await openSilently();
    given[0]?.("old");
    await microtasks();
    assertEquals(wires.map(({ frames }) => frames), [[], []]);
    given[1]?.("new");
    await microtasks();
    assertEquals([helloOn(last())["credentials"], helloOn(last())["connection"]], ["new", 1]);
    await close();
  }));

Deno.test("an upstream that is away degrades the status until it is back, or the connection is lost", () =>
  withClock(async ({ pass }) => {
    const { openSilently, open, last, lose, statuses, close } = openReconnecting();
    const upstream = (up: unknown) =>
      last().receiveEnvelopes({ type: "__upstream", id: "", payload: { up } });
    await openSilently();
    upstream(false);
    assertEquals(statuses, []);
    last().answerHello();
    assertEquals(statuses, [{ state: "open", degraded: true }]);
    last().receiveEnvelopes({ type: "__gap", id: "", payload: {} });
    upstream(true);
    assertEquals(statuses.slice(1), [{ state: "open", gap: true, degraded: true }, { state: "open" }]);
    upstream(false);
    lose();
    await pass(250);
    await open();
    assertEquals(statuses.slice(3).map(({ state, degraded }) => [state, degraded]), [
      ["open", true],
      ["reconnecting", undefined],
      ["open", undefined],
    ]);
    await close();
  }));
