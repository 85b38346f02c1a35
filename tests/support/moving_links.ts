/** Links that move between two hubs of one bus. Nothing is forgotten, so that no gap may be told. */
import {
  createPubSub,
  createWebSocketClientEventTarget,
  type HistoryFrom,
  type PubSub,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { randomFrom } from "../../scripts/lib/random.ts";
import { eventually } from "./eventually.ts";
import { serveHub } from "./hubs.ts";
import { openProxy, type TcpProxy } from "./tcp_proxy.ts";

export const TYPES = ["a", "b"];
const IDS = ["1", "2", "3"];

/** Opens one end of the bus: for each hub, and for the publisher. */
export type OpenBus = () => Promise<AsyncDisposable & { readonly target: PubSubEventTarget }>;

interface Published {
  readonly number: number;
  readonly type: string;
  readonly id: string;
}

/** A subscription, and what it was told. */
interface Reader {
  readonly name: string;
  readonly isOf: (event: Published) => boolean;
  /** The number of the event behind which it begins; `undefined` if it begins elsewhere. */
  readonly behind: number | undefined;
  /** Whether it is only told the latest events of what it missed. */
  readonly isOfLatest: boolean;
  /** Whether it hears everything that follows its first event. What is heard before a live beginning is heard by chance. */
  readonly isOfPast: boolean;
  readonly heard: number[];
  readonly positions: [number: number, at: string][];
  gaps: number;
  /** Nothing may be missing from here on. */
  liveAt: number;
  isOver: boolean;
  stop(): void;
}

interface Line {
  readonly proxies: readonly TcpProxy[];
  readonly link: PubSubEventTarget;
  readonly pubsub: PubSub<Record<string, number>>;
  at: number;
  socket: WebSocket | undefined;
}

/** Runs one schedule. Returns what must not have happened. */
export async function moveLinks(openBus: OpenBus, seed: number): Promise<string[]> {
  const random = randomFrom(seed);
  const int = (below: number): number => Math.floor(random() * below);
  const pick = <T>(things: readonly T[]): T => things[int(things.length)] as T;
  await using stack = new AsyncDisposableStack();
  const publisher = stack.use(await openBus());
  const hubs = [];
  for (let i = 0; i < 2; i++) {
    const { target } = stack.use(await openBus());
    hubs.push(stack.use(serveHub({ upstream: target, maxReplaysPerMinute: Infinity, onError() {} })));
  }
  const published: Published[] = [];
  const publish = (type: string, id: string): void => {
    published.push({ number: published.length, type, id });
    publisher.target.publish({ type, id, payload: published.length - 1 });
  };
  const lines: Line[] = [];
  for (let i = 0; i < 2; i++) {
    const proxies = await Promise.all(hubs.map(({ port }) => openProxy(port)));
    for (const proxy of proxies) stack.use(proxy);
    const link = createWebSocketClientEventTarget(
      () => line.socket = new WebSocket(`ws://127.0.0.1:${proxies[line.at]?.port}`),
      { resume: createResume(), reconnectDelayMs: 1, maxReconnectDelayMs: 5, onError() {} },
    );
    const line: Line = {
      proxies,
      link,
      pubsub: createPubSub<Record<string, number>>({ eventTarget: link }),
      at: int(2),
      socket: undefined,
    };
    stack.use(link);
    lines.push(line);
  }
  const readers: Reader[] = [];
  const subscribe = (): void => {
    const [line, type, id] = [pick(lines), pick(TYPES), pick([undefined, ...IDS])];
    const place = pick(["now", "start", "latest", "last", "position", "latest behind"] as const);
    const known = readers.filter(({ name, positions }) => name.startsWith(type) && positions.length > 0);
    const [behind, at] = known.length > 0 ? pick(pick(known).positions) : [undefined, ""];
    if (behind === undefined && (place === "position" || place === "latest behind")) return;
    const from: HistoryFrom = place === "last"
      ? { last: 1 + int(5) }
      : place === "position"
      ? at
      : place === "latest behind"
      ? { latest: at }
      : place;
    const reader: Reader = {
      name: `${type}:${id ?? ""} from ${JSON.stringify(from)} after ${published.length - 1}`,
      isOf: (event) => event.type === type && (id === undefined || event.id === id),
      behind: place === "position" ? behind : undefined,
      isOfLatest: place.startsWith("latest"),
      isOfPast: place !== "now",
      heard: [],
      positions: [],
      gaps: 0,
      liveAt: Infinity,
      isOver: false,
      stop: () => stop(),
    };
    const stop = line.pubsub.on(type, ...(id === undefined ? [] : [id]) as [string], ({ payload, at }) => {
      reader.heard.push(payload);
      if (at !== undefined) reader.positions.push([payload, at]);
    }, { from, onGap: () => void reader.gaps++ });
    void stop.replayed?.then(() => void (reader.liveAt = published.length - 1));
    readers.push(reader);
  };
  const move = (line: Line): void => {
    line.at = 1 - line.at;
    const how = int(3);
    if (how === 0) line.socket?.close();
    else for (const proxy of line.proxies) how === 1 ? proxy.cut() : proxy.cutAfter(int(3000));
  };
  for (let steps = 10 + int(40); steps > 0; steps--) {
    const step = random();
    if (step < 0.4) {
      for (let count = pick([1, 1, 2, 20]); count > 0; count--) publish(pick(TYPES), pick(IDS));
    } else if (step < 0.6) subscribe();
    else if (step < 0.85) move(pick(lines));
    else if (step < 0.9) {
      const reader = readers[int(readers.length + 1)];
      reader?.stop();
      if (reader !== undefined) reader.isOver = true;
    } else await new Promise((resolve) => setTimeout(resolve, pick([0, 1, 3, 8])));
  }
  const left = (): Reader[] =>
    readers.filter(({ isOver, isOf, heard }) => !isOver && heard.at(-1) !== published.findLast(isOf)?.number);
  for (let tries = 0; tries < 3 && (tries === 0 || left().length > 0); tries++) {
    for (const { link } of lines) {
      await eventually(() => link.flush().then(() => true), { timeoutMs: 20_000 });
    }
    for (const type of TYPES) for (const id of IDS) publish(type, id);
    await eventually(() => left().length === 0, { timeoutMs: 5000 }).catch(() => {});
  }
  const violations = [
    ...left().map(({ name }) => `${name}: it hears nothing any more`),
    ...readers.flatMap((reader) => violationsOf(reader, published)),
  ];
  for (const { stop } of readers) stop();
  return violations;
}

function violationsOf(
  { name, isOf, behind, isOfLatest, isOfPast, heard, gaps, liveAt, isOver }: Reader,
  published: readonly Published[],
): string[] {
  const violations: string[] = [];
  if (gaps > 0) violations.push(`${name}: ${gaps} gaps, though nothing is missing`);
  if (heard.some((number, i) => number <= (heard[i - 1] ?? -1))) violations.push(`${name}: heard ${heard}`);
  if (isOver || isOfLatest) return violations;
  const first = behind !== undefined ? behind + 1 : isOfPast ? heard[0] ?? 0 : liveAt + 1;
  const wanted = published.filter((event) => isOf(event) && event.number >= first).map(({ number }) =>
    number
  );
  const missing = wanted.filter((number) => !heard.includes(number));
  if (missing.length > 0) violations.push(`${name}: missed ${missing}`);
  return violations;
}
