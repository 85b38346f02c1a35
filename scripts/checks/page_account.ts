// Tells how many bytes of a page each module takes, and for which purpose. The figures add up to the whole page.

import { deflatedBits } from "./deflated_bits.ts";
import { mappedCode } from "./mapped_code.ts";

/** The code that a page loads. */
export interface Page {
  /** The bundled and minified code, which is ASCII. */
  readonly code: string;
  readonly gzip: Uint8Array;
  readonly map: { readonly sources: readonly string[]; readonly mappings: string };
}

/** What a module, or a purpose, takes of a page, in bytes. */
export interface Share {
  readonly name: string;
  readonly minified: number;
  readonly gzipped: number;
}

/** The purposes of modules of the library. The first one whose expression matches the path is that of the module. */
const PURPOSES: readonly (readonly [name: string, path: RegExp])[] = [
  ["createPubSub and on", /\/core\/(create_pubsub|on|history_of)\./],
  ["subscriptions", /\/core\/(subscription|subscribe_options|queue|buffered|page\/)/],
  ["listeners: found and called", /\/core\/(dispatcher|listener_|topic_index|map_key|abort|ignore)/],
  ["events as the platform has them", /\/core\/topic_event\./],
  ["checks of types, ids, envelopes and options", /\/core\/(topic|envelope|platform|arguments)\./],
  ["status, end and edge of each event target", /\/core\/(base_event_target|target_status|in_process_)/],
  ["any EventTarget as a transport", /\/core\/foreign_event_target\./],
  ["counters and stats()", /\/core\/counters\.|\/(link_stats|traffic)\./],
  ["errors and their reports", /\/core\/(errors|report|describe|public_text|rejected_error)\./],
  ["answers of the far end", /\/core\/(far_end_event_target|topic_answers)\.|\/_link\/hub_/],
  [
    "frames, controls and their faults",
    /\/_wire\/(frame|from_hub|close_codes|connection_lost)|\/decode_frame\./,
  ],
  ["JSON and its size", /\/_wire\/(plain_json_codec|topic_runs|page\/)|\/core\/(utf8|encoded_length)\./],
  [
    "what is sent: queue, batches, window, bounds",
    /\/_session\/(outbox|sender|plain_|send_window|parts|options)/,
  ],
  ["signs of life", /\/_session\/(heartbeat|sign_of_life)\./],
  ["flushes", /\/core\/pending_flushes\.|\/session_flushes\./],
  ["the session: receiving and ending", /\/_session\/(session|closing)\./],
  ["the link: connecting, announcing topics", /\/_link\/(link|connection|create_link|announcer)\./],
  ["reconnecting and waking up", /\/_link\/(reconnecting_wire|wake_up)\./],
  ["the WebSocket", /\/_websocket\/|\/websocket_client\./],
];

const NO_PURPOSE = "anything else";

/** Returns what each module takes. */
export function moduleShares({ code, gzip, map }: Page): Share[] {
  const bits = deflatedBits(gzip);
  const starts = startsOfLines(code);
  const places = mappedCode(map.mappings).map(({ line, column, source }) => ({
    start: (starts[line] ?? 0) + column,
    name: source === undefined ? "" : map.sources[source] ?? "",
  }));
  const shares = new Map<string, Share>();
  for (const [i, { start, name }] of places.entries()) {
    const end = places[i + 1]?.start ?? code.length;
    const { minified, gzipped } = shares.get(name) ?? { minified: 0, gzipped: 0 };
    const own = bits.slice(start, end).reduce((sum, each) => sum + each, 0) / 8;
    shares.set(name, { name, minified: minified + end - start, gzipped: gzipped + own });
  }
  return [...shares.values()].sort((a, b) => b.gzipped - a.gzipped);
}

/** Puts modules together by their purpose, the largest purpose first, with the modules of each. */
export function byPurpose(modules: readonly Share[]): (Share & { readonly modules: readonly Share[] })[] {
  const groups = Map.groupBy(modules, ({ name }) => purposeOf(name));
  return [...groups].map(([name, modules]) => ({
    name,
    minified: modules.reduce((sum, { minified }) => sum + minified, 0),
    gzipped: modules.reduce((sum, { gzipped }) => sum + gzipped, 0),
    modules,
  })).sort((a, b) => b.gzipped - a.gzipped);
}

/** Returns the purpose of a module of the library. */
export function purposeOf(path: string): string {
  return PURPOSES.find(([, of]) => of.test(path))?.[0] ?? NO_PURPOSE;
}

function startsOfLines(text: string): number[] {
  let start = 0;
  return text.split("\n").map((line) => (start += line.length + 1) - line.length - 1);
}
