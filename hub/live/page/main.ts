import { createPubSub, createWebSocketClientEventTarget, type EventTargetStatus } from "@alkdev/pubsub";
import type { LiveEvents, Snapshot, SpokeRow, TopicRow } from "../events.ts";
import { create, element, setText } from "./elements.ts";
import { formatAge, formatBytes, formatNumber, formatSpan } from "./format.ts";
import { Graph } from "./graph.ts";
import { Rates } from "./rates.ts";
import { Table } from "./table.ts";
import { TapPanel } from "./tap_panel.ts";

/** The numbers at the top. A counter that the hub does not have is left out. */
const TILES: readonly (readonly [title: string, count: string, format?: (value: number) => string])[] = [
  ["Spokes", "connections.current"],
  ["Topics", "subscribers.topics"],
  ["Events", "bus.events"],
  ["Waiting", "spokes.waitingBytes", formatBytes],
  ["Dropped as slow", "spokes.slow"],
  ["Requests refused", "requests.refused"],
  ["Without a token", "requests.unauthenticated"],
  ["Gaps", "bus.gaps"],
];

const state = element("#state", HTMLElement);
const about = element("#about", HTMLElement);
const tiles = new Map<string, HTMLElement>();
const numbers = new Map<string, HTMLElement>();
const numberList = element("#numbers dl", HTMLElement);
const tileList = element("#tiles", HTMLElement);
const graphs = element("#graphs", HTMLElement);
const eventGraph = new Graph(graphs, "Events a second", formatRate);
const spokeGraph = new Graph(graphs, "Spokes", formatNumber);
const waitingGraph = new Graph(graphs, "Bytes that wait for spokes", formatBytes);
const countRates = new Rates();
const topicRates = new Rates();
let last: Snapshot | undefined;

const eventTarget = createWebSocketClientEventTarget(
  () => new WebSocket(`${location.origin.replace("http", "ws")}/events`),
  { onStatus, onError() {}, maxReconnectDelayMs: 2000 },
);
const pubsub = createPubSub<LiveEvents>({ eventTarget });
const tap = new TapPanel((topic) => pubsub.publish("tap", "", topic));
const topicTable = new Table<TopicRow>(element("#topics", HTMLElement), "Topics", [
  { title: "Topic", text: ([topic]) => topic },
  { title: "Events/s", isNumber: true, text: ([topic]) => formatRate(topicRates.of(topic)) },
  { title: "Spokes", isNumber: true, isExtra: true, text: ([, spokes]) => formatNumber(spokes) },
], ([topic]) => tap.listen(topic));
const spokeTable = new Table<SpokeRow>(element("#spokes", HTMLElement), "Spokes", [
  {
    title: "Subject",
    text: ({ subject, kind }) => `${subject || "(no token)"}${kind === "stream" ? ", stream" : ""}`,
  },
  { title: "Since", isNumber: true, text: ({ since }) => formatAge((last?.at ?? since) - since) },
  { title: "Topics", isNumber: true, isExtra: true, text: ({ topics }) => formatNumber(topics) },
  { title: "Waiting", isNumber: true, text: ({ waiting }) => formatBytes(waiting) },
]);
const searches = [element("#topics input", HTMLInputElement), element("#spokes input", HTMLInputElement)];
for (const search of searches) search.addEventListener("input", () => last !== undefined && showTables(last));

pubsub.on("snapshot", ({ payload }) => show(payload));
pubsub.on("tapped", ({ payload }) => tap.add(payload));

function show(snapshot: Snapshot): void {
  // The hub was started again: its counters began again.
  if (last !== undefined && last.startedAt !== snapshot.startedAt) {
    countRates.reset();
    topicRates.reset();
  }
  last = snapshot;
  const { at, counts, topics, startedAt, url, bus, version, isReady } = snapshot;
  countRates.note(at, new Map(Object.entries(counts)));
  topicRates.note(
    at,
    new Map(topics.flatMap(([topic, , events]) => events === null ? [] : [[topic, events]])),
  );
  setState(isReady ? "Live" : "The hub is not ready", isReady ? "good" : "bad");
  setText(about, `${url} · ${bus} · up ${formatSpan(at - startedAt)} · ${version}`);
  eventGraph.add(at, countRates.of("bus.events"));
  spokeGraph.add(at, counts["connections.current"]);
  waitingGraph.add(at, counts["spokes.waitingBytes"]);
  for (const [title, name, format = formatNumber] of TILES) {
    const value = counts[name];
    if (value !== undefined) showNumber(tileList, tiles, title, format(value));
  }
  for (const [name, value] of Object.entries(counts)) {
    showNumber(numberList, numbers, name, formatNumber(value));
  }
  showTables(snapshot);
}

function showNumber(list: HTMLElement, shown: Map<string, HTMLElement>, title: string, text: string): void {
  let dd = shown.get(title);
  if (dd === undefined) {
    const item = create("div");
    dd = create("dd");
    item.append(create("dt", title), dd);
    list.append(item);
    shown.set(title, dd);
  }
  setText(dd, text);
}

function showTables({ topics, topicCount, spokes, spokeCount }: Snapshot): void {
  const [topicText = "", spokeText = ""] = searches.map(({ value }) => value.toLowerCase());
  const foundTopics = topics.filter(([topic]) => topic.toLowerCase().includes(topicText)).sort((a, b) =>
    (topicRates.of(b[0]) ?? 0) - (topicRates.of(a[0]) ?? 0) || b[1] - a[1] || (a[0] < b[0] ? -1 : 1)
  );
  const foundSpokes = spokes.filter(({ subject }) => subject.toLowerCase().includes(spokeText));
  topicTable.rows = foundTopics;
  spokeTable.rows = foundSpokes;
  showCount("#topics .count", foundTopics.length, topicCount);
  showCount("#spokes .count", foundSpokes.length, spokeCount);
}

function showCount(selector: string, shown: number, all: number): void {
  setText(
    element(selector, HTMLElement),
    shown === all ? formatNumber(all) : `${formatNumber(shown)} of ${formatNumber(all)}`,
  );
}

function onStatus({ state, gap }: EventTargetStatus): void {
  if (state === "open") {
    if (gap === true) tap.resume();
    return;
  }
  setState("The hub is away: trying again", "bad");
  void explainRefusal();
}

/** A hub that was started again has another token, unless it was given one. */
async function explainRefusal(): Promise<void> {
  const status = await fetch("/").then((response) => response.status, () => 0);
  if (status === 401) setState("The hub was started again: open the link that it prints now", "bad");
}

function setState(text: string, kind: "good" | "bad"): void {
  setText(state, text);
  state.dataset["state"] = kind;
}

function formatRate(rate: number | undefined): string {
  return rate === undefined ? "–" : formatNumber(rate < 10 ? rate : Math.round(rate));
}
