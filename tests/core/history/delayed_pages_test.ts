import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { createPubSub, type EventEnvelope, type HistoryFrom } from "@alkdev/pubsub";
import { createMemoryHistory, GapError } from "@alkdev/pubsub/history";
import { BaseEventTarget } from "../../../core/base_event_target.ts";
import { acknowledge } from "../../../core/topic_answers.ts";
import type { TargetHistory } from "../../../core/history_of.ts";
import { listenFrom } from "../../../core/history/listen_from.ts";
import type { ReplaySource } from "../../../core/history/replay.ts";
import { ReplayedState } from "../../../core/history/replayed_state.ts";
import type { OwnHistory } from "../../../core/history/own_history.ts";
import type { TypedEvent } from "../../../core/types.ts";
import { microtasks } from "../../support/clock.ts";

/** An event target whose log, channel and acknowledgements are far away, each as long as a test says. */
class FarTarget extends BaseEventTarget {
  readonly #own = createMemoryHistory({ news: {} }) as OwnHistory;
  readonly #log = this.#own.createEventTarget({});
  #steps: { due: number; run: () => void }[] = [];
  #now = 0;
  #lastDue = 0;
  fails = false;
  /** Of the place before the first event, and of each event. */
  readonly positions = [this.#own.head()];
  readonly delays: () => number;

  constructor(delays: () => number, readonly faults: unknown[] = []) {
    super("FarTarget", { onError: (error) => void faults.push(error) }, "open");
    this.delays = delays;
    // The log has an event before the channel does, and keeps the order of the log.
    this.#log.listen("news", undefined, {
      onEvent: (event) => {
        this.positions.push(event.at ?? "");
        this.#lastDue = Math.max(this.#lastDue, this.#now + this.delays());
        this.#steps.push({ due: this.#lastDue, run: () => this.dispatcher.emit(event) });
      },
    });
  }

  readonly history: TargetHistory = {
    declares: () => true,
    head: () => this.#own.head(),
    isAfter: (position, other) => this.#own.isAfter(position, other),
    read: (topic, after, bounds) =>
      this.#after(() => {
        if (this.fails) throw new Error("the log is away");
        return this.#own.read(topic, after, { ...bounds, maxEvents: 3 });
      }),
    has: () => true,
    subscribe: (topic, options, open) => new ReplayedState(options, open, this.#source, topic),
    listen: (type, id, listener, { from = "now" }, handle) =>
      listenFrom(this, this.#source, { type, id }, listener, from, handle),
  };

  get #source(): ReplaySource {
    return { ...this.history, report: (error, { type }) => this.report("subscribe", error, type) };
  }

  override onFirstListener(topic: string): "pending" {
    void this.#after(() => acknowledge(this.listeners, topic));
    return "pending";
  }

  protected override send(envelope: EventEnvelope): void {
    this.#log.publish(envelope);
  }

  override dispatchEvent(_event: TypedEvent): boolean {
    return true;
  }

  async turn(): Promise<void> {
    this.#now++;
    const due = this.#steps.filter((step) => step.due <= this.#now);
    this.#steps = this.#steps.filter((step) => step.due > this.#now);
    for (const { run } of due.sort((a, b) => a.due - b.due)) run();
    await microtasks();
  }

  /** On the way there, and back. */
  #after<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#steps.push({
        due: this.#now + this.delays(),
        run: () => {
          let settle: () => void;
          try {
            const value = run();
            settle = () => resolve(value);
          } catch (error) {
            settle = () => reject(error);
          }
          this.#steps.push({ due: this.#now + this.delays(), run: settle });
        },
      });
    });
  }
}

Deno.test("pages that come later bring all that was published, once and in order, before what is live", async () => {
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("publish" as const), count: fc.nat(4) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("subscribe" as const, "on" as const),
        from: fc.constantFrom<"now" | "start" | "position">("now", "start", "position"),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: "read" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "drain" as const }) },
    { weight: 8, arbitrary: fc.constant({ kind: "turn" as const }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4), { minLength: 7, maxLength: 31 }),
      fc.array(operation, { maxLength: 60, size: "max" }),
      async (delays, operations) => {
        let index = 0;
        const target = new FarTarget(() => delays[index++ % delays.length] ?? 0);
        const pubsub = createPubSub<{ news: number }>({ eventTarget: target });
        let published = 0;
        const readers: {
          from: unknown;
          begins: number;
          least: number;
          heard: number[];
          read(): void;
          drain(): unknown;
          gaps(): number | undefined;
        }[] = [];
        for (const operation of operations) {
          if (operation.kind === "publish") {
            for (let i = 0; i < operation.count; i++) pubsub.publish("news", "1", ++published);
          } else if (operation.kind === "subscribe" || operation.kind === "on") {
            const begins = operation.from === "start"
              ? 0
              : operation.from === "now"
              ? published
              : Math.floor(published / 2);
            const heard: number[] = [];
            const from: HistoryFrom = operation.from === "position"
              ? target.positions[begins] ?? ""
              : operation.from;
            if (operation.kind === "on") {
              const reader = {
                from,
                begins,
                least: Infinity,
                heard,
                read() {},
                drain() {},
                gaps: () => stop.gaps,
              };
              const onReady = () => void (reader.least = published);
              const stop = pubsub.on("news", ({ payload }) => void heard.push(payload), { from, onReady });
              readers.push(reader);
            } else {
              const subscription = pubsub.subscribe("news", { from });
              const reader = {
                from,
                begins,
                least: Infinity,
                heard,
                read: () =>
                  void subscription.next().then(({ value }) => {
                    if (value === undefined) return;
                    heard.push(value.payload);
                    assertEquals(subscription.position, value.at);
                  }),
                drain: () => subscription.replayed,
                gaps: () => subscription.gaps,
              };
              void subscription.ready.then(() => reader.least = published);
              readers.push(reader);
            }
          } else if (operation.kind === "turn") await target.turn();
          else if (operation.kind === "drain") readers.at(-1)?.drain();
          else readers[index % (readers.length || 1)]?.read();
        }
        for (const reader of readers) for (let i = 0; i <= published; i++) reader.read();
        for (let i = 0; i < 400; i++) await target.turn();
        for (const { from, begins, least, heard, gaps } of readers) {
          const first = from === "now" ? (heard[0] ?? published + 1) - 1 : begins;
          if (from === "now") assert(first <= least, "an event that was published after ready is missing");
          assertEquals(heard, Array.from({ length: published - first }, (_, i) => first + 1 + i));
          assertEquals(gaps(), 0);
        }
        assertEquals(target.faults, []);
        await pubsub.close();
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a page that cannot be read is a gap, and is reported; live events follow", async () => {
  for (const onGap of ["continue", "error"] as const) {
    const target = new FarTarget(() => 1);
    const pubsub = createPubSub<{ news: number }>({ eventTarget: target });
    for (let i = 1; i <= 5; i++) pubsub.publish("news", "1", i);
    const subscription = pubsub.subscribe("news", { from: "start", onGap });
    assertEquals([subscription.position, subscription.gaps], [undefined, 0]);
    for (let i = 0; i < 6; i++) await target.turn();
    await subscription.ready;
    target.fails = true;
    const replayed = subscription.replayed;
    const payloads: unknown[] = [];
    const reading = (async () => {
      for await (const { payload } of subscription) payloads.push(payload);
    })();
    for (let i = 0; i < 4; i++) await target.turn();
    assertEquals(await replayed, { whole: false });
    pubsub.publish("news", "1", 6);
    for (let i = 0; i < 4; i++) await target.turn();
    assertEquals([subscription.gaps, target.faults.map(String)], [1, ["Error: the log is away"]]);
    if (onGap === "error") await assertRejects(() => reading, GapError);
    await pubsub.close();
    await target.close();
    if (onGap === "continue") await reading;
    assertEquals(payloads, onGap === "continue" ? [1, 2, 3, 6] : [1, 2, 3]);
  }
});

Deno.test("a subscription whose target closes while a page is awaited ends after what it has", async () => {
  const target = new FarTarget(() => 1);
  const pubsub = createPubSub<{ news: number }>({ eventTarget: target });
  for (let i = 1; i <= 5; i++) pubsub.publish("news", "1", i);
  const subscription = pubsub.subscribe("news", { from: "start" });
  for (let i = 0; i < 8; i++) await target.turn();
  const first = subscription.next();
  const rest = [subscription.next(), subscription.next(), subscription.next()];
  await target.turn();
  await target.close();
  for (let i = 0; i < 8; i++) await target.turn();
  assertEquals((await first).value?.payload, 1);
  assertEquals((await Promise.all(rest)).map(({ value }) => value?.payload), [2, 3, undefined]);
  assertEquals([(await subscription.next()).done, await subscription.replayed], [true, { whole: false }]);
});

Deno.test("a callback whose page cannot be read gets a gap, then live events", async () => {
  const target = new FarTarget(() => 1);
  const pubsub = createPubSub<{ news: number }>({ eventTarget: target });
  for (let i = 1; i <= 5; i++) pubsub.publish("news", "1", i);
  target.fails = true;
  const heard: unknown[] = [];
  const stop = pubsub.on("news", ({ payload }) => void heard.push(payload), {
    from: "start",
    onGap: () => void heard.push("gap"),
  });
  for (let i = 0; i < 6; i++) await target.turn();
  target.fails = false;
  for (let i = 0; i < 6; i++) await target.turn();
  pubsub.publish("news", "1", 6);
  for (let i = 0; i < 6; i++) await target.turn();
  assertEquals([stop.gaps, await stop.replayed, target.faults.length], [1, { whole: false }, 1]);
  assertEquals(heard.at(-1), 6);
  assertEquals(heard[0], "gap");
});
