/** A model of links: one hub, links over lines that fail by a seed, and all that must hold of what they hear. */
import {
  createInProcessEventTarget,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type SpokeEventTarget,
  type TypedEvent,
} from "@alkdev/pubsub";
import { auditLink, imbalances } from "./audit.ts";
import { eventually } from "./eventually.ts";
import { type FaultyLine, type LineFault, openFaultyLine } from "./faulty_line.ts";

const LINKS = 12;
const HEARTBEAT_MS = 400;
const CONNECT_TIMEOUT_MS = 800;

/** The longest time that an open link may hear nothing. */
const DEAF_MS = CONNECT_TIMEOUT_MS + 3 * HEARTBEAT_MS;

/** The time between two turns of the model, in milliseconds. */
const TURN_MS = 20;

const FAULTS: readonly (LineFault | "heal")[] = ["cut", "tear", "stall", "slow", "hold back", "heal", "heal"];

/** What a run has shown. */
export interface ModelRun {
  /** What must not happen. */
  readonly violations: readonly string[];
  /** What happened, so that a run that shows nothing is noticed. */
  readonly counts: Readonly<
    Record<"heard" | "missing" | "gaps" | "superseded" | "waited" | "refused" | "forked", number>
  >;
}

/** An event: its publisher, and its number there. */
interface Payload {
  readonly by: number;
  readonly number: number;
}

/** A hello that a link has sent. */
interface SentHello {
  readonly payload: { readonly link: string; readonly connection: number };
}

/** Opens the socket of a link, and passes on the hello that the link sends. Now and then, it is sent twice. */
function openSocket(url: string, random: () => number, onHello: (hello: SentHello) => void): WebSocket {
  const socket = new WebSocket(url);
  const { send } = socket;
  socket.send = (data) => {
    const frame: unknown = typeof data === "string" ? JSON.parse(data) : undefined;
    const hello = [frame].flat().find((each) => (each as { type?: string })?.type === "__hello");
    // Cast: a link sends it.
    if (hello !== undefined) onHello(hello as SentHello);
    send.call(socket, data);
    // Said twice, it must have no further effect.
    if (hello !== undefined && random() < 0.3) send.call(socket, JSON.stringify(hello));
  };
  return socket;
}

/** Opens a socket by hand, says hello as a connection of a link, and sends an event. Resolves once it is open. */
async function sendAs(url: string, link: string, connection: number, event: object): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.onopen = resolve);
  const hello = { type: "__hello", id: "", payload: { version: 1, link, connection } };
  socket.send(JSON.stringify([hello, event]));
  return socket;
}

/** Resolves with the close code of a socket, which is closed here after a time. */
function closeCode(socket: WebSocket, ms: number): Promise<number> {
  setTimeout(() => socket.close(), ms);
  return new Promise((resolve) => socket.onclose = ({ code }) => resolve(code));
}

/** One link and its line. */
class Client {
  readonly index: number;
  readonly line: FaultyLine;
  readonly link;
  /** The last hello that the link sent. */
  hello: SentHello | undefined;
  /** The highest number of a connection that the hub is known to have met. */
  met = 0;
  gaps = 0;
  heard = 0;
  missing = 0;
  lastHeardAt = performance.now();
  /** The gaps that had been told when each event was published. */
  readonly #gapsAt: number[] = [];
  /** Of each publisher: the last number that was heard, and the gaps that had been told by then. */
  readonly #last = new Map<number, { readonly number: number; readonly gaps: number }>();
  /** Events that were missed, and by no gap of this link. Their publishers must get one. */
  readonly unexplained: { readonly by: number; readonly number: number }[] = [];
  readonly violations: string[] = [];

  constructor(index: number, line: FaultyLine, random: () => number) {
    this.index = index;
    this.line = line;
    const open = (): WebSocket =>
      openSocket(`ws://127.0.0.1:${line.port}/?client=${index}`, random, (hello) => this.hello = hello);
    this.link = createWebSocketClientEventTarget(open, {
      heartbeatMs: HEARTBEAT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      reconnectDelayMs: 20,
      maxReconnectDelayMs: 100,
      onError() {},
      onStatus: ({ state, gap }) => {
        if (gap) this.gaps++;
        if (state !== "open") return;
        this.lastHeardAt = performance.now();
        this.met = this.hello?.payload.connection ?? 0;
      },
    });
    this.link.listen("n", undefined, { onEvent: ({ payload }) => this.#hear(payload as Payload) });
    this.link.listen("tick", undefined, { onEvent: () => void (this.lastHeardAt = performance.now()) });
  }

  publish(): void {
    const payload: Payload = { by: this.index, number: this.#gapsAt.push(this.gaps) };
    this.link.publish({ type: "n", id: String(this.index), payload });
  }

  /** How many events were published. */
  get published(): number {
    return this.#gapsAt.length;
  }

  /** How many gaps had been told when an event was published. */
  gapsAt(number: number): number {
    return this.#gapsAt[number - 1] ?? 0;
  }

  /** What has been heard of a publisher. */
  lastOf(publisher: number): number {
    return this.#last.get(publisher)?.number ?? 0;
  }

  /** @param lateMs How late this process is itself. */
  checkDeafness(lateMs: number): void {
    this.lastHeardAt += lateMs;
    if (this.link.status.state !== "open") return;
    const ms = performance.now() - this.lastHeardAt;
    if (ms <= DEAF_MS) return;
    this.violations.push(`link ${this.index} was open and deaf for ${Math.round(ms)} ms`);
    this.lastHeardAt = performance.now();
  }

  #hear({ by, number }: Payload): void {
    this.lastHeardAt = performance.now();
    this.heard++;
    const last = this.#last.get(by);
    this.#last.set(by, { number, gaps: this.gaps });
    if (last === undefined) return;
    if (number <= last.number) {
      this.violations.push(`link ${this.index} heard ${number} of ${by} after ${last.number}`);
    }
    for (let missed = last.number + 1; missed < number; missed++) {
      this.missing++;
      if (last.gaps === this.gaps) this.unexplained.push({ by, number: missed });
    }
  }
}

/** Runs the model for a time. The same seed gives the same schedule of faults. */
export async function runLinkModel({ seed, ms }: { seed: number; ms: number }): Promise<ModelRun> {
  const random = randomOf(seed);
  const violations: string[] = [];
  const newest = new Map<string, number>();
  const counts = { heard: 0, missing: 0, gaps: 0, superseded: 0, waited: 0, refused: 0, forked: 0 };
  const contextOf = (spoke: SpokeEventTarget): string => String(spoke.context);
  let connections = 0;
  const met: SpokeEventTarget[] = [];
  const hub = createWebSocketServerEventTarget<TypedEvent, WebSocket, string>({
    upstream: createInProcessEventTarget(),
    owner: contextOf,
    // Slow now and then, so that events wait over the end of their connection.
    authorize: ({ action }) => {
      if (action !== "publish" || random() > 0.05) return true;
      counts.waited++;
      return new Promise((resolve) => setTimeout(() => resolve(true), 150 * random()));
    },
    onConnection(spoke) {
      met.push(spoke);
      const id = ++connections;
      // By its events: an older connection of a client is never handled after a newer one.
      spoke.listen("n", undefined, {
        onEvent() {
          const last = newest.get(spoke.context) ?? 0;
          if (id < last) violations.push(`client ${spoke.context}: ${id} was handled after ${last}`);
          newest.set(spoke.context, id);
        },
      });
      void spoke.closed.then(() => spoke.status.code === 4409 && counts.superseded++);
    },
    onError() {},
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    hub.addConnection(socket, { context: new URL(request.url).searchParams.get("client") ?? "" });
    return response;
  });
  const { port } = server.addr;
  const lines = await Promise.all(Array.from({ length: LINKS }, () => openFaultyLine(port)));
  const clients = lines.map((line, index) => new Client(index, line, random));
  hub.listen("stolen", undefined, {
    onEvent: ({ id }) => id === "late" && violations.push("an event of a late connection was handled"),
  });
  const copied = new Set<string>();
  hub.listen("fork", undefined, {
    onEvent({ id, payload }) {
      if (payload === "copy") copied.add(id);
      else if (copied.has(id)) violations.push(`${id} was handled after its copy`);
    },
  });

  /** A stranger knows the secret of a link. As another owner it is another link; as the same one it comes late. */
  const steal = async (client: Client): Promise<void> => {
    if (client.hello === undefined || client.met === 0) return;
    const { link, connection } = client.hello.payload;
    const isSameOwner = random() < 0.5;
    const url = `ws://127.0.0.1:${port}/?client=${isSameOwner ? client.index : "thief"}`;
    // A number that was met already, and often the last one.
    const late = 1 + Math.floor(random() * client.met);
    const id = isSameOwner ? "late" : "other";
    const event = { type: "stolen", id, payload: null };
    const socket = await sendAs(url, link, isSameOwner ? late : connection + 1000, event);
    const code = await closeCode(socket, 100);
    if (isSameOwner && code !== 4409) violations.push(`the late connection ${late} ended with ${code}`);
    if (code === 4409) counts.refused++;
  };

  /** A link is copied while it publishes: its copy takes its place for good, and nothing of the link is handled after that. */
  const fork = async (name: string): Promise<void> => {
    const url = `ws://127.0.0.1:${port}/?client=${name}`;
    let hello: SentHello | undefined;
    const original = createWebSocketClientEventTarget(
      () => openSocket(url, random, (sent) => hello = sent),
      { reconnectDelayMs: 20, onError() {} },
    );
    const send = setInterval(() => original.publish({ type: "fork", id: name, payload: "original" }), 2);
    await original.flush();
    // Cast: the flush was answered, so that the hello was sent.
    const { link, connection } = (hello as unknown as SentHello).payload;
    const copy = await sendAs(url, link, connection + 1, { type: "fork", id: name, payload: "copy" });
    await original.closed;
    clearInterval(send);
    const { code } = original.status;
    if (code !== 4409) violations.push(`the link whose copy has connected ended with ${code}`);
    const late = await sendAs(url, link, connection, { type: "fork", id: name, payload: "original" });
    if (await closeCode(late, 200) !== 4409) violations.push("a link that was copied could come back");
    await closeCode(copy, 0);
    counts.forked++;
  };

  const started = performance.now();
  let due = started;
  const stolen: Promise<void>[] = [];
  while (performance.now() - started < ms) {
    for (const client of clients) if (random() < 0.5) client.publish();
    hub.publish({ type: "tick", id: "", payload: null });
    const lateMs = Math.max(0, performance.now() - due);
    for (const client of clients) client.checkDeafness(lateMs);
    const byClient = new Map<string, number>();
    for (const spoke of hub.spokes) {
      if (spoke.topics.size === 0) continue;
      byClient.set(spoke.context, (byClient.get(spoke.context) ?? 0) + 1);
    }
    for (const [name, spokes] of byClient) {
      if (spokes > 1) violations.push(`client ${name} is ${spokes} spokes`);
    }
    if (random() < 0.3) {
      const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? "heal";
      const line = lines[Math.floor(random() * LINKS)];
      if (fault === "heal") line?.heal();
      else line?.strike(fault);
    }
    const victim = clients[Math.floor(random() * LINKS)];
    if (victim !== undefined && random() < 0.06) stolen.push(steal(victim));
    if (random() < 0.03) stolen.push(fork(`fork ${stolen.length}`));
    due = performance.now() + TURN_MS;
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }

  for (const line of lines) line.heal();
  await Promise.all(stolen);
  // All come back, and then all hear all.
  const comesBack = { timeoutMs: 20_000 };
  await eventually(() => clients.every(({ link }) => link.status.state === "open"), comesBack);
  await eventually(() => {
    for (const client of clients) client.publish();
    return clients.every(({ link, index }) =>
      link.status.state === "open" &&
      hub.spokes.filter(({ context }) => context === String(index)).length === 1
    ) && clients.every((listener) =>
      clients.every(({ index, published }) =>
        published - listener.lastOf(index) <= 100
      )
    );
  }, comesBack);
  for (const client of clients) {
    for (const { by, number } of client.unexplained) {
      // The publisher gets a report of every loss on its own line, after it published the event.
      const publisher = clients[by];
      if (publisher !== undefined && publisher.gapsAt(number) < publisher.gaps) continue;
      violations.push(`link ${client.index} missed ${number} of ${by}, and nobody got a gap`);
    }
    counts.heard += client.heard;
    counts.missing += client.missing;
    counts.gaps += client.gaps;
    violations.push(...client.violations);
  }
  await Promise.all(clients.map(({ link }) => link.flush()));
  await hub.flush();
  for (const { index, link } of clients) {
    violations.push(
      ...auditLink(`client ${index}`, link.stats(), met.filter(({ context }) => context === String(index))),
    );
  }
  violations.push(...imbalances("the hub", hub.stats()));
  await Promise.all(clients.map(({ link }) => link.close()));
  await hub.close();
  // The slowest decision may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, 150));
  await server.shutdown();
  for (const line of lines) await line[Symbol.asyncDispose]();
  return { violations, counts };
}

/** A generator of numbers from 0 to below 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
