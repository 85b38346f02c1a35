import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { randomFrom } from "../../../scripts/lib/random.ts";
import { envelope, payloadsOf } from "../../support/events.ts";

const SEED = Number(Deno.env.get("UPSTREAM_SEED") ?? 20_261_121);

/** The levels at which one can listen to events of the type `n`. */
const TOPICS: readonly (readonly [type: string, id: string | undefined])[] = [
  ["n", "1"],
  ["n", "2"],
  ["n", undefined],
  ["*", undefined],
];

/** A publisher and its listeners in the test of random subscriptions, with the events that each received. */
class Member {
  readonly #target: PubSubEventTarget;
  readonly #echo: boolean;
  readonly #listening = new Map<string, { stop: () => void; heard: string[]; stable: boolean }>();

  constructor(target: PubSubEventTarget, echo: boolean) {
    this.#target = target;
    this.#echo = echo;
  }

  publish(id: string, payload: string): void {
    this.#target.publish({ type: "n", id, payload });
  }

  /** Starts to listen to a topic, or stops. */
  toggle(topic: readonly [type: string, id: string | undefined]): void {
    const key = topic.join(" ");
    const listening = this.#listening.get(key);
    if (listening !== undefined) {
      listening.stop();
      this.#listening.delete(key);
      return;
    }
    const heard: string[] = [];
    const stop = this.#target.listen(...topic, {
      // The test publishes strings.
      onEvent: ({ id, payload }) => void heard.push(`${id} ${payload as string}`),
    });
    this.#listening.set(key, { stop, heard, stable: false });
  }

  /** From now on what is published is heard. */
  startRound(): void {
    for (const listening of this.#listening.values()) {
      listening.heard.length = 0;
      listening.stable = true;
    }
  }

  /** The events that every listener received, and those that the stable ones should have, of all that were published. */
  check(published: readonly { from: Member; id: string; payload: string }[], seed: string): void {
    for (const [key, { heard, stable }] of this.#listening) {
      const wanted = published
        .filter(({ from, id }) => (this.#echo || from !== this) && (!/ \d/.test(key) || key.endsWith(id)))
        .map(({ id, payload }) => `${id} ${payload}`);
      assertEquals(new Set(heard).size, heard.length, `${seed}: heard twice`);
      if (stable) assertEquals(heard.toSorted(), wanted.toSorted(), seed);
      for (const from of new Set(heard.map((event) => event.split(" ")[1]?.split("/")[0]))) {
        const numbers = heard.filter((event) => event.includes(` ${from}/`)).map((event) =>
          Number(event.split("/")[1])
        );
        assertEquals(numbers, numbers.toSorted((a, b) => a - b), `${seed}: out of order`);
      }
      // A listener that was added in the middle of a round may have missed events of it.
      assertEquals(heard.filter((event) => !wanted.includes(event)), [], seed);
    }
  }

  async flush(): Promise<void> {
    await this.#target.flush();
  }
}

Deno.test(`whatever 8 spokes of two hubs subscribe to, each listener receives each event once, in order, seed ${SEED}`, async () => {
  const random = randomFrom(SEED);
  const below = (n: number) => Math.floor(random() * n);
  await using upstream = createInProcessEventTarget();
  await using one = serveHub({ upstream });
  await using two = serveHub({ upstream });
  const links = Array.from({ length: 8 }, (_, i) => {
    const echo = i % 4 !== 3;
    return { echo, ...openLink((i % 2 === 0 ? one : two).url, { echo }) };
  });
  const members = [
    ...links.map(({ link, echo }) => new Member(link, echo)),
    new Member(one.hub, true),
    new Member(two.hub, true),
    new Member(upstream, true),
  ];
  const settle = async () => {
    // There and back: what the hubs have sent, and what the links had sent before.
    for (let i = 0; i < 2; i++) await Promise.all(members.map((member) => member.flush()));
  };
  let n = 0;
  for (let round = 0; round < 40; round++) {
    const toggle = () => members[below(members.length)]?.toggle(TOPICS[below(TOPICS.length)] ?? ["n", "1"]);
    for (let i = 0; i < 10; i++) toggle();
    await settle();
    for (const member of members) member.startRound();
    const published: { from: Member; id: string; payload: string }[] = [];
    for (let i = 0; i < 50; i++) {
      const index = below(members.length);
      const from = members[index];
      assert(from !== undefined);
      const event = { from, id: String(1 + below(2)), payload: `${index}/${n++}` };
      published.push(event);
      from.publish(event.id, event.payload);
      // In half of the rounds subscriptions change meanwhile.
      if (round % 2 === 1 && random() < 0.2) toggle();
      if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await settle();
    for (const member of members) member.check(published, `UPSTREAM_SEED=${SEED}, round ${round}`);
  }
  assertEquals([...links.flatMap(({ faults }) => faults), ...one.faults, ...two.faults], []);
  await Promise.all(links.map(({ link }) => link.close()));
  await eventually(() => one.hub.topicCount + two.hub.topicCount === 0);
});

/** A hub over a link to another hub. */
function chain(url: string) {
  const link = openLink(url);
  const served = serveHub({ upstream: link.link });
  return {
    ...served,
    faults: [served.faults, link.faults],
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await link.link.close();
    },
  };
}

Deno.test("spokes of hubs over links to a hub receive each event once, and their own if they want", async () => {
  await using upstream = createInProcessEventTarget();
  await using root = serveHub({ upstream });
  await using left = chain(root.url);
  await using right = chain(root.url);
  await using deep = chain(left.url);
  const hubs = [root, left, right, deep];
  const spokes = hubs.flatMap(({ url }) =>
    [true, false].map((echo) => ({ echo, ...openLink(url, { echo }) }))
  );
  const heard = spokes.map(({ link }) => {
    const payloads: unknown[] = [];
    for (const [type, id] of [["n", "1"], ["n", undefined], ["*", undefined]] as const) {
      link.listen(type, id, { onEvent: ({ payload }) => void payloads.push(payload) });
    }
    return payloads;
  });
  for (const { link } of spokes) await link.flush();
  for (const [i, { link }] of spokes.entries()) {
    for (let n = 0; n < 3; n++) link.publish(envelope("n", "1", i));
  }
  const others = (i: number) => spokes.flatMap((_, j) => [j, j, j]).filter((j) => j !== i || spokes[i]?.echo);
  await eventually(() => {
    for (const [i, payloads] of heard.entries()) {
      assertEquals(payloads.toSorted(), others(i).flatMap((j) => [j, j, j]).toSorted());
    }
  });
  // Nothing comes late either.
  for (let i = 0; i < 4; i++) for (const { link } of spokes) await link.flush();
  for (const [i, payloads] of heard.entries()) assertEquals(payloads.length, 3 * others(i).length);
  assertEquals(hubs.flatMap(({ faults }) => faults.flat()), []);
  for (const { link } of spokes) await link.close();
});

Deno.test("a subscription through a chain of hubs is ready when the last hub acknowledges it, and refused when that refuses", async () => {
  await using upstream = createInProcessEventTarget();
  await using root = serveHub({ upstream, authorize: ({ id }) => id === "1" });
  await using left = chain(root.url);
  await using open = openLink(left.url);
  const pubsub = createPubSub<{ n: number }>({ eventTarget: open.link });
  const allowed = pubsub.subscribe("n", "1");
  const refused = pubsub.subscribe("n", "2");
  await allowed.ready;
  upstream.publish(envelope("n", "1", 7));
  assertEquals((await allowed.next()).value?.payload, 7);
  const error = await assertRejects(() => refused.ready, Error);
  assertEquals([error.name, (error as { reason?: string }).reason], ["RefusedError", "not authorized"]);
  await assertRejects(() => refused.next(), Error, "not authorized");
  await open.link.close();
});

Deno.test("a gap of a hub is passed on to the spokes of a hub that is linked to it", async () => {
  await using served = serveHub();
  await using left = chain(served.url);
  const statuses: unknown[] = [];
  await using open = openLink(left.url, { onStatus: (status) => void statuses.push(status) });
  open.link.listen("n", undefined, { onEvent() {} });
  await open.link.flush();
  await eventually(() => served.spokes[0]?.topics.size === 1);
  // As another implementation of a hub could: it reports the gap without topics.
  served.sockets[0]?.send(JSON.stringify({ type: "__gap", id: "", payload: {} }));
  await eventually(() => statuses.some((status) => (status as { gap?: boolean }).gap === true));
  await open.link.close();
});

Deno.test("a hub whose upstream link is cut closes its spokes with a code that makes them return (1013)", async () => {
  const root = serveHub();
  const link = openLink(root.url);
  await link.link.flush();
  const served = serveHub({ upstream: link.link });
  await using open = openLink(served.url);
  open.link.listen("n", undefined, { onEvent() {} });
  await open.link.flush();
  await root[Symbol.asyncDispose]();
  const error = await open.link.closed;
  assertEquals([error?.name, (error as { code?: number }).code], ["ConnectionLostError", 1013]);
  assertEquals((await served.hub.closed)?.name, "ConnectionLostError");
  await served[Symbol.asyncDispose]();
});

Deno.test("hubs that are upstreams of each other stop an event after eight hops, and keep working", async () => {
  const [toFirst, toSecond] = [new MessageChannel(), new MessageChannel()];
  const faults: string[] = [];
  const onError = (error: unknown) => void faults.push(String(error));
  const upwards = [
    createWorkerThreadEventTarget(toSecond.port2, { onError }),
    createWorkerThreadEventTarget(toFirst.port2, { onError }),
  ] as const;
  const first = createWorkerHostEventTarget(toFirst.port1, { upstream: upwards[0], onError });
  const second = createWorkerHostEventTarget(toSecond.port1, { upstream: upwards[1], onError });
  first.listen("n", undefined, { onEvent() {} });
  for (let i = 0; i < 10; i++) first.publish(envelope("n", "1", i));
  await eventually(() => faults.length === 10);
  // Long enough for many more rounds, had the events not been stopped.
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(faults.length, 10);
  assert(faults.every((fault) => fault.includes("upstreams of each other")), faults[0]);
  await Promise.all([first, second, ...upwards].map((target) => target.close()));
  for (const { port1, port2 } of [toFirst, toSecond]) [port1, port2].forEach((port) => port.close());
});

Deno.test("workers of one host receive each other's events over an upstream, and nothing in them is transferred away", async () => {
  await using upstream = createInProcessEventTarget();
  const channels = [new MessageChannel(), new MessageChannel()];
  const host = createWorkerHostEventTarget(channels.map(({ port1 }) => port1), {
    upstream,
    // The type of a payload is the program's own affair.
    transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
  });
  const threads = channels.map(({ port2 }) => createWorkerThreadEventTarget(port2));
  const heard = threads.map((thread) => payloadsOf(thread, "n"));
  const inHost: unknown[] = payloadsOf(upstream, "n");
  for (const thread of threads) await thread.flush();
  threads[0]?.publish(envelope("n", "1", new Uint8Array([1, 2, 3]).buffer));
  host.publish(envelope("n", "1", new Uint8Array([4, 5]).buffer));
  await eventually(() => assertEquals(heard.map(({ length }) => length), [2, 2]));
  const sizes = (payloads: readonly unknown[]) =>
    payloads.map((payload) => (payload as ArrayBuffer).byteLength);
  assertEquals([...heard.map(sizes), sizes(inHost)].map((each) => each.toSorted()), [[2, 3], [2, 3], [2, 3]]);
  await Promise.all([host, ...threads].map((target) => target.close()));
  for (const { port1, port2 } of channels) [port1, port2].forEach((port) => port.close());
});

Deno.test("the program of a hub can use the upstream itself, and sees only envelopes there", async () => {
  await using upstream = createInProcessEventTarget();
  await using served = serveHub({ upstream });
  await using open = openLink(served.url);
  const program = createPubSub<{ n: number; m: number }>({ eventTarget: upstream });
  const fromSpokes = program.subscribe("n");
  const statuses = createPubSub<{ n: number; m: number }>({ eventTarget: open.link }).subscribe("m", "1");
  await statuses.ready;
  program.publish("m", "1", 1);
  open.link.publish(envelope("n", "1", 2));
  const heard: unknown[] = [(await statuses.next()).value, (await fromSpokes.next()).value];
  assertEquals(heard, [envelope("m", "1", 1), envelope("n", "1", 2)]);
  await open.link.close();
});

Deno.test("without an upstream, spokes do not receive each other's events", async () => {
  await using served = serveHub();
  await using one = openLink(served.url);
  await using two = openLink(served.url);
  const heard = payloadsOf(two.link, "n");
  await two.link.flush();
  one.link.publish(envelope("n", "1", 1));
  await one.link.flush();
  await two.link.flush();
  assertEquals(heard, []);
  await Promise.all([one.link.close(), two.link.close()]);
});
