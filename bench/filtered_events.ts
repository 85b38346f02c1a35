// What does it cost to filter and map events as they are published?

import { createPubSub, filter, map, pipe } from "../mod.ts";
import { BURST, type Events, ID, type Status, TYPE } from "./_load.ts";
import {
  AsyncSink,
  createYogaPubSub,
  ixFilter,
  ixFrom,
  ixMap,
  rxFilter,
  rxMap,
  Subject,
  yogaFilter,
  yogaMap,
  yogaPipe,
} from "./peers.ts";
import { Queue } from "./_queue.ts";

const group = `bursts of ${BURST.length}, filtered and mapped`;
const isKept = ({ n }: Status): boolean => n % 4 !== 0;
const EXPECTED = BURST.filter(isKept).map(({ n }) => n);

{
  const { publish, subscribe } = createPubSub<Events>();
  const values = pipe(
    subscribe(TYPE, ID),
    filter(({ payload }) => isKept(payload)),
    map(({ payload }) => payload.n),
  );
  Deno.bench({
    name: "@alkdev/pubsub",
    group,
    baseline: true,
    async fn() {
      for (const status of BURST) publish(TYPE, ID, status);
      for (const n of EXPECTED) checkPlace((await values.next()).value, n);
    },
  });
}

{
  const { publish, on } = createPubSub<Events>();
  let place = 0;
  on(TYPE, ID, ({ payload }) => {
    if (isKept(payload)) checkPlace(payload.n, EXPECTED[place++]);
  });
  Deno.bench({
    name: "@alkdev/pubsub, called back by on",
    group,
    fn() {
      place = 0;
      for (const status of BURST) publish(TYPE, ID, status);
      checkPlace(place, EXPECTED.length);
    },
  });
}

{
  const queue = new Queue<Status>();
  Deno.bench({
    name: "hand-written queue, filtered and mapped by its reader",
    group,
    async fn() {
      for (const status of BURST) queue.push(status);
      const numbers: number[] = [];
      for (let read = 0; read < BURST.length; read++) {
        const { value } = await queue.next();
        if (value !== undefined && isKept(value)) numbers.push(value.n);
      }
      for (const [place, n] of EXPECTED.entries()) checkPlace(numbers[place], n);
    },
  });
}

{
  const sink = new AsyncSink<Status>();
  const values = ixFrom(sink).pipe(ixFilter(isKept), ixMap(({ n }: Status) => n))[Symbol.asyncIterator]();
  Deno.bench({
    name: "IxJS, AsyncSink",
    group,
    async fn() {
      for (const status of BURST) sink.write(status);
      for (const n of EXPECTED) checkPlace((await values.next()).value, n);
    },
  });
}

{
  // It calls back during the publish, and queues nothing for a reader.
  const subject = new Subject<Status>();
  let place = 0;
  subject.pipe(rxFilter(isKept), rxMap(({ n }) => n)).subscribe((n) => checkPlace(n, EXPECTED[place++]));
  Deno.bench({
    name: "RxJS, called back",
    group,
    fn() {
      place = 0;
      for (const status of BURST) subject.next(status);
      checkPlace(place, EXPECTED.length);
    },
  });
}

{
  const pubsub = createYogaPubSub<{ [TYPE]: [id: string, status: Status] }>();
  const values = yogaPipe(pubsub.subscribe(TYPE, ID), yogaFilter(isKept), yogaMap(({ n }: Status) => n));
  // It receives nothing before the first next().
  const first = values.next();
  await Promise.resolve();
  pubsub.publish(TYPE, ID, { state: "running", n: 1 });
  await first;
  Deno.bench({
    name: "@graphql-yoga/subscription",
    group,
    async fn() {
      for (const status of BURST) pubsub.publish(TYPE, ID, status);
      for (const n of EXPECTED) checkPlace((await values.next()).value, n);
    },
  });
}

/** Throws unless it is the expected value: nothing is missing, and nothing arrives twice. */
function checkPlace(actual: number | undefined, expected: number | undefined): void {
  if (actual !== expected) throw new Error(`${actual} arrived instead of ${expected}`);
}
