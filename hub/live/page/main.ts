import { createPubSub, createWebSocketClientEventTarget, type EventTargetStatus } from "@alkdev/pubsub";
import type { LiveEvents, Rows, Snapshot, SpokeRow, TopicRow } from "../events.ts";
import { ChangePanel } from "./change_panel.ts";
import { create, element, setText } from "./elements.ts";
import { formatAge, formatBytes, formatNumber, formatRate, formatSpan } from "./format.ts";
import { Graph } from "./graph.ts";
import { HubTable } from "./hub_table.ts";
import { Rates } from "./rates.ts";
import { Table } from "./table.ts";
import { TapPanel } from "./tap_panel.ts";
import { eventsIn, Tiles } from "./tiles.ts";

/** The pause after which the hub looks for what was typed: it ends pages that ask too often. */
const PAUSE_MS = 100;

const state = element("#state", HTMLElement);
const about = element("#about", HTMLElement);
const tiles = new Tiles(element("#tiles", HTMLElement));
const numbers = new Map<string, HTMLElement>();
const numberList = element("#numbers dl", HTMLElement);
const graphs = element("#graphs", HTMLElement);
const eventGraph = new Graph(graphs, "Events a second", formatRate, ["in", "out"]);
const byteGraph = new Graph(graphs, "Bytes a second", formatBytes, ["in", "out"]);
const waitingGraph = new Graph(graphs, "Bytes that wait for spokes", formatBytes);
const spokeGraph = new Graph(graphs, "Spokes", formatNumber);
const rates = new Rates();
const topicRates = new Rates();
let last: Snapshot | undefined;
let lastRows: Rows | undefined;
let hasAllTopics = true;
let hasAllSpokes = true;
let lookTimer: ReturnType<typeof setTimeout> | undefined;

const eventTarget = createWebSocketClientEventTarget(
  () => new WebSocket(`${location.origin.replace("http", "ws")}/events`),
  { onStatus, onError() {}, maxReconnectDelayMs: 2000 },
);
const pubsub = createPubSub<LiveEvents>({ eventTarget });
const tap = new TapPanel((topic) => pubsub.publish("tap", "", topic));
const change = new ChangePanel((asked) => pubsub.publish("change", "", asked));
const hubTable = new HubTable(element("#hubs", HTMLElement));
const topicTable = new Table<TopicRow>(element("#topics", HTMLElement), {
  label: "Topics",
  key: ([topic]) => topic,
  columns: [
    { title: "Topic", text: ([topic]) => topic },
    { title: "Events/s", isNumber: true, text: ([topic]) => formatRate(topicRates.averageOf(topic)) },
    { title: "Spokes", isNumber: true, isExtra: true, text: ([, spokes]) => formatNumber(spokes) },
  ],
  onChosen: ([topic]) => tap.listen(topic),
});
let spokeTable: Table<SpokeRow> | undefined;
const [topicSearch, spokeSearch] = ["#topics input", "#spokes input"].map((selector) => {
  const input = element(selector, HTMLInputElement);
  input.addEventListener("input", look);
  return input;
});

pubsub.on("snapshot", ({ payload }) => show(payload));
pubsub.on("rows", ({ payload }) => showRows(payload));
pubsub.on("tapped", ({ payload }) => tap.add(payload));
pubsub.on("outcome", ({ payload }) => payload.of === "tap" ? tap.fail(payload.text) : change.show(payload));

/** Finds rows. Those that the page has not been sent are looked for by the hub, once the person pauses. */
function look(): void {
  showTables();
  clearTimeout(lookTimer);
  lookTimer = setTimeout(() => {
    pubsub.publish("look", "", {
      topics: hasAllTopics ? "" : textOf(topicSearch),
      spokes: hasAllSpokes ? "" : textOf(spokeSearch),
    });
  }, PAUSE_MS);
}

function textOf(input: HTMLInputElement | undefined): string {
  return input?.value.trim().toLowerCase() ?? "";
}

function show(snapshot: Snapshot): void {
  const { own, url, bus, hubs, mayWrite } = snapshot;
  const { at, counts, startedAt, version, isReady } = own;
  // The hub was started again: its counters began again.
  if (last !== undefined && last.own.startedAt !== startedAt) {
    rates.reset();
    topicRates.reset();
    tiles.reset();
    change.forget();
    numbers.clear();
    numberList.replaceChildren();
  }
  last = snapshot;
  rates.note(at, new Map([...Object.entries(counts), ["in", eventsIn(counts)]]));
  setState(isReady ? "Live" : "The hub is not ready", isReady ? "good" : "bad");
  setText(about, `${url} · ${bus} · up ${formatSpan(at - startedAt)} · ${version}`);
  eventGraph.add(at, rates.of("in"), rates.of("subscribers.handedOver"));
  byteGraph.add(at, rates.of("heard.bytes"), rates.of("subscribers.bytes"));
  waitingGraph.add(at, counts["subscribers.bufferedBytes"]);
  spokeGraph.add(at, counts["connections.current"]);
  tiles.show(at, counts);
  for (const [name, value] of Object.entries(counts)) showNumber(name, value.toLocaleString("en"));
  hubTable.show(hubs, own.id);
  element("#change", HTMLElement).hidden = !mayWrite;
  spokeTable ??= createSpokeTable(mayWrite);
}

function showRows(rows: Rows): void {
  const { at, look, topics, topicCount, spokes, spokeCount } = rows;
  if (look.topics === "") hasAllTopics = topics.length === topicCount;
  if (look.spokes === "") hasAllSpokes = spokes.length === spokeCount;
  lastRows = rows;
  topicRates.note(at, new Map(topics.map(([topic, , events]) => [topic, events])));
  showTables();
}

function createSpokeTable(mayWrite: boolean): Table<SpokeRow> {
  return new Table<SpokeRow>(element("#spokes", HTMLElement), {
    label: "Spokes",
    key: ({ number }) => number,
    columns: [
      { title: "Spoke", text: nameOf },
      { title: "Since", isNumber: true, text: ({ since }) => formatAge((lastRows?.at ?? since) - since) },
      { title: "Topics", isNumber: true, isExtra: true, text: ({ topics }) => formatNumber(topics) },
      { title: "Waiting", isNumber: true, text: ({ waiting }) => formatBytes(waiting) },
    ],
    ...(mayWrite && { onChosen: (row) => change.choose(row) }),
  });
}

function showNumber(name: string, text: string): void {
  let dd = numbers.get(name);
  if (dd === undefined) {
    const item = create("div");
    dd = create("dd");
    item.append(create("dt", name), dd);
    numberList.append(item);
    numbers.set(name, dd);
  }
  setText(dd, text);
}

function showTables(): void {
  if (lastRows === undefined) return;
  const { topics, topicCount, spokes, spokeCount } = lastRows;
  const foundTopics = topics.filter(([topic]) => topic.toLowerCase().includes(textOf(topicSearch)))
    .sort((a, b) =>
      (topicRates.averageOf(b[0]) ?? 0) - (topicRates.averageOf(a[0]) ?? 0) || b[1] - a[1] ||
      (a[0] < b[0] ? -1 : 1)
    );
  const foundSpokes = spokes.filter((spoke) => nameOf(spoke).toLowerCase().includes(textOf(spokeSearch)));
  topicTable.rows = foundTopics;
  if (spokeTable !== undefined) spokeTable.rows = foundSpokes;
  showCount("#topics .count", foundTopics.length, topicCount);
  showCount("#spokes .count", foundSpokes.length, spokeCount);
}

function showCount(selector: string, shown: number, all: number): void {
  setText(
    element(selector, HTMLElement),
    shown === all ? formatNumber(all) : `${formatNumber(shown)} of ${formatNumber(all)}`,
  );
}

function nameOf({ subject, address, kind }: SpokeRow): string {
  return [subject, address, ...kind === "stream" ? ["stream"] : []].filter(Boolean).join(", ");
}

function onStatus({ state, gap }: EventTargetStatus): void {
  if (state === "open") {
    if (gap !== true) return;
    tap.resume();
    look();
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
