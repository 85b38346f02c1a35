import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createPubSub, type EventEnvelope, type HistoryFrom } from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";
import { ResumingHub } from "../../support/resuming_hub.ts";

const TYPES = ["a", "b"];
const IDS = ["1", "2"];
const small = fc.nat(5);
const topic = fc.record({
  type: fc.constantFrom(...TYPES),
  id: fc.option(fc.constantFrom(...IDS), { nil: undefined }),
});
const from = fc.oneof(
  fc.constantFrom("now" as const, "start" as const, "latest" as const),
  fc.record({ last: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ after: fc.nat(20) }),
  fc.record({ latest: fc.nat(20) }),
);
const operation = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      type: fc.constantFrom(...TYPES),
      id: fc.constantFrom(...IDS),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("subscribe" as const), topic, from, callback: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), reader: small }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read" as const), reader: small, count: small }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("up" as const), count: small }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("down" as const), count: small }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("page" as const),
      index: small,
      size: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "cut" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "open" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "forget" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

/** What one reader asked for, and what it heard: the numbers of events, and gaps. */
interface Heard {
  readonly topic: { readonly type: string; readonly id: string | undefined };
  readonly from: HistoryFrom;
  /** The events up to here need not be heard. */
  begin: number;
  /** The number of events when it subscribed. */
  readonly asked: number;
  readonly log: (number | "gap")[];
  /** Whether the log shows where each gap was told. */
  readonly callback: boolean;
  gaps(): number;
  read(count: number): void;
  end(): void;
  ended: boolean;
}

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function run(
  perId: number,
  splitsFrames: boolean,
  operations: readonly (readonly [operation: Operation, waits: boolean])[],
) {
  const hub = new ResumingHub({ a: { perId }, b: { perId } });
  hub.splitsFrames = splitsFrames;
  const opened = openReconnecting({ resume: createResume() });
  const { link, statuses } = opened;
  const pubsub = createPubSub({ eventTarget: link });
  const published: EventEnvelope[] = [];
  const positions: string[] = [];
  const readers: Heard[] = [];
  let restarts = 0;
  /** The number of events before the history of this moment began. */
  let epochStart = 0;

  const open = async () => {
    link.reconnect();
    await microtasks();
    const wire = opened.last();
    if (wire.state !== "connecting") return;
    hub.connect(wire);
    wire.open();
    await microtasks();
  };
  const cut = () => {
    if (hub.connection === undefined) return;
    hub.connection = undefined;
    opened.lose();
  };
  const publish = (type: string, id: string) => {
    const event = { type, id, payload: published.length + 1 };
    published.push(event);
    hub.publish(event);
    positions.push(hub.history.head({ type, id }));
  };
  const startOf = (asked: unknown): HistoryFrom => {
    if (typeof asked !== "object" || asked === null || "last" in asked) return asked as HistoryFrom;
    const own = asked as { after?: number; latest?: number };
    const at = positions[own.after ?? own.latest ?? 0] ?? "aaaaa.100001";
    return own.latest === undefined ? at : { latest: at };
  };
  const subscribe = (topic: Heard["topic"], from: HistoryFrom, callback: boolean) => {
    const rest = topic.id === undefined ? [] as const : [topic.id] as const;
    const log: Heard["log"] = [];
    let begin = Infinity;
    if (typeof from === "string" && from !== "now") {
      begin = from === "start" || from === "latest" ? 0 : positions.indexOf(from) + 1;
    } else if (typeof from === "object") {
      begin = "last" in from ? Infinity : positions.indexOf(from.latest) + 1;
    }
    const asked = published.length;
    const reader: Heard = {
      asked,
      topic,
      from,
      begin,
      log,
      callback,
      ended: false,
      gaps: () => 0,
      read() {},
      end() {},
    };
    const onReady = () => {
      const isAll = from === "start" || from === "latest";
      reader.begin = isAll ? epochStart : Math.min(reader.begin, published.length);
    };
    if (callback) {
      const listener = ({ payload }: EventEnvelope) => void log.push(Number(payload));
      const options = { from, onReady, onGap: () => void log.push("gap") };
      const stop = rest.length === 0
        ? pubsub.on(topic.type, listener, options)
        : pubsub.on(topic.type, rest[0], listener, options);
      Object.assign(reader, { gaps: () => stop.gaps ?? 0, end: () => stop() });
    } else {
      const subscription = rest.length === 0
        ? pubsub.subscribe(topic.type, { from })
        : pubsub.subscribe(topic.type, rest[0], { from });
      void subscription.ready.then(onReady, () => {});
      let gaps = 0;
      Object.assign(reader, {
        gaps: () => subscription.gaps ?? 0,
        end: () => void subscription.return(),
        read(count: number) {
          for (let i = 0; i < count; i++) {
            void subscription.next().then(({ value }) => {
              if (value === undefined) return;
              // Told before it, though not where.
              for (; gaps < (subscription.gaps ?? 0); gaps++) log.push("gap");
              log.push(Number(value.payload));
            });
          }
        },
      });
    }
    readers.push(reader);
  };

  const readerOf = (index: number) => readers[index % (readers.length || 1)];
  for (const [operation, waits] of operations) {
    switch (operation.kind) {
      case "publish":
        publish(operation.type, operation.id);
        break;
      case "subscribe":
        subscribe(operation.topic, startOf(operation.from), operation.callback);
        break;
      case "end": {
        const reader = readerOf(operation.reader);
        if (reader !== undefined) reader.ended = true;
        reader?.end();
        break;
      }
      case "read":
        readerOf(operation.reader)?.read(operation.count);
        break;
      case "up":
        hub.connection?.readUp(operation.count + 1);
        break;
      case "down":
        hub.connection?.deliver(operation.count + 1);
        break;
      case "page":
        hub.connection?.page(operation.index, operation.size);
        break;
      case "cut":
        cut();
        break;
      case "open":
        await open();
        break;
      case "forget":
        hub.history.forget("a", "1");
        break;
      case "restart":
        cut();
        hub.restart();
        restarts++;
        epochStart = published.length;
    }
    if (waits) await microtasks();
  }
  await open();
  for (let i = 0; i < 300; i++) {
    const { connection } = hub;
    assert(connection !== undefined);
    const more = connection.readUp() + connection.deliver();
    connection.page(0, 3);
    await microtasks();
    if (more === 0 && connection.replays.length === 0 && connection.down.length === 0) break;
    assert(i < 299, "the replays never end");
  }
  for (const reader of readers) reader.read(published.length + 1);
  for (let i = 0; i < 10; i++) await microtasks();

  for (const { topic, from, begin, asked, log, gaps, ended, callback } of readers) {
    const numbers = log.filter((one) => one !== "gap");
    assertEquals(numbers, [...numbers].sort((a, b) => a - b), "order");
    assertEquals(new Set(numbers).size, numbers.length, "once");
    const own = published.filter(({ type, id }) =>
      type === topic.type && (topic.id === undefined || id === topic.id)
    );
    for (const number of numbers) assert(own.some(({ payload }) => payload === number), "another topic");
    const isLatest = from === "latest" || (typeof from === "object" && "latest" in from);
    const isStrict = from === "now" || (typeof from === "string" && from.includes("."));
    let [missing, early] = [0, 0];
    for (const { payload, id } of own) {
      const number = Number(payload);
      if (numbers.includes(number) || ended) continue;
      if (number <= begin) {
        // Before the program knows that it is acknowledged, it may be already, or another topic may have brought events.
        if (number > Math.min(asked, numbers[0] ?? Infinity)) early++;
        continue;
      }
      // A later event of the id stands for it, or is missing itself.
      if (isLatest && own.some((later) => later.id === id && Number(later.payload) > number)) continue;
      missing++;
      const next = log.findIndex((one) => one !== "gap" && one > number);
      const before = next < 0 ? log.length : next;
      const since = isStrict && callback
        ? log.findLastIndex((one, i) => i < before && one !== "gap" && one < number)
        : -1;
      const told = next < 0
        ? gaps() > log.filter((one, i) => one === "gap" && i <= since).length
        : log.slice(since + 1, before).includes("gap");
      assert(told, `event ${number} is missing, and no gap was told: ${log.join()}`);
    }
    if (
      missing + early === 0 && restarts === 0 && !ended &&
      (from === "now" || (typeof from === "string" && positions.includes(from)))
    ) {
      assertEquals(gaps(), 0, `a gap was told, though nothing is missing: ${log.join()}`);
    }
  }
  assertEquals(opened.reports.filter(({ stage }) => stage !== "connect"), []);
  // After each loss one `open`, and exactly one further one, which says how it went.
  let expects: "open" | "outcome" | undefined;
  for (const { state, gap, recovered } of statuses) {
    if (state === "reconnecting") expects = "open";
    else if (state === "open") {
      const outcome = gap ?? recovered ?? false;
      if (expects === "open") assertEquals(outcome, false);
      else assertEquals(outcome, expects === "outcome");
      expects = expects === "open" ? "outcome" : undefined;
    }
  }
  assertEquals(expects, undefined, "no outcome was told");
  if (statuses.some(({ recovered }) => recovered)) {
    assert(statuses.some(({ state }) => state === "reconnecting"));
  }
  await opened.close();
}

Deno.test("each reader of a link hears its topic once and in order over every loss, and a gap where something is missing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 3, Infinity),
      fc.boolean(),
      fc.array(fc.tuple(operation, fc.boolean()), { minLength: 1, maxLength: 60, size: "max" }),
      run,
    ),
    { numRuns: Number(Deno.env.get("RUNS") ?? 300) },
  );
});
