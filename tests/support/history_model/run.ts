import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type HistoryFrom,
  type LinkEventTarget,
  type PubSub,
  type SpokeEventTarget,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { splitTopic, topicOf, topicsOverlap } from "../../../core/topic.ts";
import { auditLink, imbalances } from "../audit.ts";
import { eventually } from "../eventually.ts";
import { openProxy, type TcpProxy } from "../tcp_proxy.ts";
import {
  IDS,
  LINKS,
  LIVE_ID,
  type Plan,
  type PlannedFrom,
  type PlannedTopic,
  type Step,
  TYPES,
} from "./plan.ts";
import { covers, describeReader, type Published, type Told } from "./reader.ts";
import { violationsOf } from "./violations.ts";

/** Its number, and what fills a page. */
type Payload = [number: number, filling?: string];
type Events = { a: Payload; b: Payload; plain: Payload };

/** A page of 256 KiB has two of them. */
const FILLING = "x".repeat(100_000);
type Hub = WebSocketServerEventTarget<CustomEvent, WebSocket, number>;

/** A reader, and how to end it. */
interface Reader {
  readonly told: Told;
  /** Reads on, if it reads slowly. */
  readonly read: () => void;
  readonly stop: () => void;
}

/** The state of a run. */
interface Running {
  readonly published: Published[];
  /** The position of each event. */
  readonly positions: string[];
  epoch: number;
}

/** One link, its line and its socket. */
interface Line {
  readonly proxy: TcpProxy;
  readonly link: LinkEventTarget;
  readonly pubsub: PubSub<Events>;
  socket: WebSocket | undefined;
  /** The topics to whose past it has lost the right, each with the event that was published last before, and the hub. */
  readonly revoked: { readonly topic: PlannedTopic; readonly at: number; readonly epoch: number }[];
  /** The topics that it has asked for from another place than a position since then. */
  readonly granted: Set<string>;
}

/** A server whose hub can be started again, and the lines to it. */
export class HistoryModel implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #proxies: TcpProxy[];

  private constructor(
    server: Deno.HttpServer<Deno.NetAddr>,
    proxies: TcpProxy[],
    hubs: { current: Hub | undefined },
  ) {
    this.#server = server;
    this.#proxies = proxies;
    this.#hubs = hubs;
  }

  readonly #hubs: { current: Hub | undefined };

  static async open(): Promise<HistoryModel> {
    const hubs: { current: Hub | undefined } = { current: undefined };
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      if (hubs.current === undefined) return new Response(null, { status: 503 });
      const { socket, response } = Deno.upgradeWebSocket(request);
      hubs.current.addConnection(socket, { context: Number(new URL(request.url).searchParams.get("link")) });
      return response;
    });
    const proxies = await Promise.all(Array.from({ length: LINKS }, () => openProxy(server.addr.port)));
    return new HistoryModel(server, proxies, hubs);
  }

  /** Runs a plan, and returns what must not have happened. */
  async run(plan: Plan): Promise<string[]> {
    const running: Running = { published: [], positions: [], epoch: 0 };
    const { published, positions } = running;
    const readers: Reader[] = [];
    const whenAsked: (() => void)[] = [];
    const reaching: Promise<void>[] = [];
    const met: SpokeEventTarget<CustomEvent, number>[] = [];
    const hubs: Hub[] = [];
    const createHub = (): { hub: Hub; history: ReturnType<typeof createMemoryHistory> } => {
      const bounds = { perId: plan.perId, perType: plan.perType };
      const history = createMemoryHistory({ a: bounds, b: bounds });
      const hub: Hub = createWebSocketServerEventTarget<CustomEvent, WebSocket, number>({
        history,
        maxReplaysPerMinute: Infinity,
        authorize: ({ id, from }) => {
          whenAsked.splice(0).forEach((run) => run());
          return from !== undefined && id === LIVE_ID ? "live" : true;
        },
        onConnection: (spoke) => void met.push(spoke),
        onError() {},
      });
      hubs.push(hub);
      this.#hubs.current = hub;
      return { hub, history };
    };
    let { hub, history } = createHub();
    const lines = this.#proxies.map((proxy, i): Line => {
      const link = createWebSocketClientEventTarget(() => {
        return line.socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/?link=${i}`);
      }, {
        resume: createResume(),
        reconnectDelayMs: 1,
        maxReconnectDelayMs: 10,
        onError() {},
      });
      const line: Line = {
        proxy,
        link,
        pubsub: createPubSub<Events>({ eventTarget: link }),
        socket: undefined,
        revoked: [],
        granted: new Set(),
      };
      return line;
    });
    const publish = (type: string, id: string, isBig = false): void => {
      const number = published.length;
      const payload: Payload = isBig ? [number, FILLING] : [number];
      published.push({ number, type, id, epoch: running.epoch });
      hub.publish({ type, id, payload });
      positions.push(history.head({ type, id }));
    };
    const subscribe = (step: Extract<Step, { kind: "subscribe" }>): void => {
      const reader = openReader(step, lines[step.link] as Line, running);
      if (reader !== undefined) readers.push(reader);
    };
    const run = async (step: Step): Promise<void> => {
      switch (step.kind) {
        case "publish":
          for (let i = 0; i < step.count; i++) publish(step.type, step.id, step.isBig);
          break;
        case "publish when asked":
          whenAsked.push(async () => {
            publish(step.type, step.id);
            for (let i = 0; i < step.microtasks; i++) {
              await Promise.resolve();
              publish(step.type, step.id);
            }
          });
          break;
        case "forget":
          history.forget(step.type, step.id);
          break;
        case "subscribe":
          subscribe(step);
          break;
        case "end": {
          const reader = readers[step.reader % (readers.length || 1)];
          reader?.stop();
          break;
        }
        case "cut":
          lines[step.link]?.proxy.cut();
          break;
        case "drop":
          lines[step.link]?.socket?.close();
          break;
        case "revoke": {
          const { type, id } = step.topic;
          if (type === "plain") break;
          const line = lines[step.link];
          // Who has not said yet which link it is cannot be known when it comes back.
          if (line === undefined || !await isReached(line.link)) break;
          const spoke = hub.spokes.findLast(({ context }) => context === step.link);
          if (spoke === undefined) break;
          hub.revoke(spoke, topicOf(type, id));
          for (const name of line.granted) {
            if (topicsOverlap(splitTopic(name), step.topic)) line.granted.delete(name);
          }
          const last = published.length - 1;
          for (const { told } of readers) {
            if (told.link === step.link && topicsOverlap(told.topic, step.topic)) told.isRevoked = true;
          }
          const revocation = { topic: step.topic, at: last, epoch: running.epoch };
          line.revoked.push(revocation);
          // A link that does not learn of it asks again for what it has asked before, which authorize grants.
          reaching.push(isReached(spoke).then((isKnown) => void (isKnown || (revocation.at = -1))));
          break;
        }
        case "restart":
          running.epoch++;
          void hub.close();
          ({ hub, history } = createHub());
          break;
        case "wait":
          await new Promise((resolve) => setTimeout(resolve, step.ms));
      }
    };
    for (const step of plan.steps) await run(step);

    await Promise.all(reaching);
    const violations = await settle(lines, readers, publish, published);
    for (const { told } of readers) violations.push(...violationsOf(told, published, plan));
    violations.push(...await audit(lines, hubs, met, published));
    for (const { stop } of readers) stop();
    this.#hubs.current = undefined;
    await Promise.all([hub, ...lines.map(({ link }) => link)].map((target) => target.close()));
    return violations;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]();
    await this.#server.shutdown();
  }
}

/** Subscribes, and notes what the subscription gets. */
function openReader(
  { link, topic, from: planned, reads }: Extract<Step, { kind: "subscribe" }>,
  { pubsub, revoked, granted }: Line,
  run: Pick<Running, "published" | "positions" | "epoch">,
): Reader | undefined {
  const { published, positions } = run;
  const { type, id } = topic;
  if (typeof planned === "object" && !("last" in planned) && published.length === 0) return undefined;
  const { behind, from } = startOf(planned, positions);
  const told: Told = {
    link,
    topic,
    from: planned,
    reads,
    behind,
    askedAt: published.length - 1,
    askedEpoch: run.epoch,
    ready: undefined,
    liveAt: Infinity,
    heard: [],
    gaps: 0,
    isOver: false,
    revoked: revoked.findLast((each) => topicsOverlap(each.topic, topic)),
    isRevoked: false,
    isGrantedAgain: granted.has(topicOf(type, id)),
  };
  if (planned === "start" || planned === "latest" || (typeof planned === "object" && "last" in planned)) {
    granted.add(topicOf(type, id));
  }
  const onReady = (): void => void (told.ready ??= { at: published.length - 1, epoch: run.epoch });
  const onLive = (): void => void (told.liveAt = published.length - 1);
  const onEnd = (): void => void (told.isOver = true);
  const key = type as "a";
  const options = from === undefined ? {} : { from };
  if (reads === "callback") {
    const stop = pubsub.on(
      key,
      ...(id === undefined ? [] : [id]) as [string],
      ({ payload: [number] }) => void (told.isOver || told.heard.push({ number, gaps: told.gaps })),
      { ...options, onReady, onEnd, onGap: () => void told.gaps++ },
    );
    void stop.replayed?.then(onLive);
    return { told, read() {}, stop: () => (onEnd(), stop()) };
  }
  const subscription = pubsub.subscribe(key, ...(id === undefined ? [] : [id]) as [string], options);
  subscription.ready.then(onReady, () => {});
  void subscription.replayed?.then(onLive);
  let isReading = false;
  const read = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    try {
      for await (const { payload: [number] } of subscription) {
        if (told.isOver) break;
        told.gaps = subscription.gaps ?? 0;
        told.heard.push({ number, gaps: told.gaps });
      }
    } catch {
      // It was refused, or has no history.
    }
    onEnd();
  };
  if (reads === "iterator") void read();
  const stop = (): void => {
    onEnd();
    void subscription.return();
  };
  return { told, read: () => (told.gaps = subscription.gaps ?? 0, void read()), stop };
}

/** Where a subscription begins, and the number of the event behind which that is. */
function startOf(
  planned: PlannedFrom,
  positions: readonly string[],
): { behind: number | undefined; from: HistoryFrom | undefined } {
  if (typeof planned !== "object" || "last" in planned) return { behind: undefined, from: planned };
  if ("strange" in planned) {
    const last = positions.at(-1) ?? "";
    const future = last.slice(0, 6) + (parseInt(last.slice(6), 36) + 1000).toString(36);
    return { behind: undefined, from: planned.strange === "future" ? future : "zzzzz.100001" };
  }
  const behind = ("behind" in planned ? planned.behind : planned.latestBehind) % positions.length;
  const at = positions[behind] ?? "";
  return { behind, from: "behind" in planned ? at : { latest: at } };
}

/** Compares the numbers of all ends, each in itself and with those of the other end, and with what was published. */
async function audit(
  lines: readonly Line[],
  hubs: readonly Hub[],
  met: readonly SpokeEventTarget<CustomEvent, number>[],
  published: readonly Published[],
): Promise<string[]> {
  for (const { link } of lines) await eventually(() => link.flush().then(() => true), { timeoutMs: 20_000 });
  await hubs.at(-1)?.flush();
  const faults = lines.flatMap(({ link }, i) =>
    auditLink(`link ${i}`, link.stats(), met.filter(({ context }) => context === i))
  );
  for (const [epoch, hub] of hubs.entries()) {
    const stats = hub.stats();
    faults.push(...imbalances(`hub ${epoch}`, stats));
    const count = published.filter((event) => event.epoch === epoch).length;
    if (stats.published.total !== count) {
      faults.push(`hub ${epoch} has published ${count} events, and counts ${stats.published.total}`);
    }
  }
  return faults;
}

/** Whether the far end handles in time what was sent to it. */
async function isReached(target: Pick<LinkEventTarget, "flush">): Promise<boolean> {
  try {
    await target.flush({ signal: AbortSignal.timeout(500) });
    return true;
  } catch {
    return false;
  }
}

/** Publishes on every topic until each reader has heard the last event of its topic. */
async function settle(
  lines: readonly Line[],
  readers: readonly Reader[],
  publish: (type: string, id: string) => void,
  published: readonly Published[],
): Promise<string[]> {
  const deafReaders = (): Told[] =>
    readers.filter(({ told, read }) => {
      read();
      const last = published.findLast((event) => covers(told.topic, event));
      return !told.isOver && told.heard.at(-1)?.number !== last?.number;
    }).map(({ told }) => told);
  for (let tries = 0; tries < 5; tries++) {
    // A flush is rejected if the line is cut: what was lost then is asked for again.
    for (const { link } of lines) {
      await eventually(() => link.flush().then(() => true), { timeoutMs: 20_000 });
    }
    for (const type of TYPES) for (const id of IDS) publish(type, id);
    try {
      // What a replay was overtaken by lies in a gap, and the next try tells it.
      await eventually(() => deafReaders().length === 0, { timeoutMs: 1000 + 3000 * tries });
      return [];
    } catch {
      continue;
    }
  }
  return deafReaders().map((told) => `${describeReader(told)}: it hears nothing any more`);
}
