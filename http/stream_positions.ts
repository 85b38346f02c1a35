import type { Control } from "./controls.ts";

/** The most topics of which a stream notes positions: each message has all of them. */
const MAX_POSITIONS = 16;

/** The id of messages without a position: a client that has it comes back after a loss. */
const NO_POSITIONS = "-";

/** An event with a position, which a hub writes first. */
const POSITIONED = /^\{"at":"([^"]*)","type":("(?:[^"\\]|\\.)*"),"id":("(?:[^"\\]|\\.)*")/;

/** The place where a topic of a stream begins, in the form of the wire protocol. */
type Since = string | { readonly from: unknown } | null;

/** The place of a topic of a stream in the history of the hub. */
interface Place {
  at: string;
  /** Whether the hub replays it: live events are not for it until then. */
  isReplaying: boolean;
}

/** The places of a stream in the history of the hub, topic by topic: a client brings them back as `Last-Event-ID`. */
export class StreamPositions {
  /** The positions that the client had when it left; `undefined` for a client that comes for the first time. */
  readonly #known: ReadonlyMap<string, string> | undefined;
  readonly #from: unknown;
  readonly #places = new Map<string, Place>();
  /** The topic that the next events are for, and how many of them. */
  #replay: { readonly topic: string; left: number } | undefined;

  /** Throws a `TypeError` if the request asks for a place that there is not. */
  constructor(request: Request) {
    const known = request.headers.get("last-event-id");
    this.#known = known === null ? undefined : new Map(new URLSearchParams(known));
    this.#from = readFrom(new URL(request.url).searchParams.get("from"));
  }

  /** The place where a topic begins. A client that comes back continues where it was. */
  sinceOf(topic: string): Since {
    if (topic === "*") return null;
    return this.#known?.get(topic) ?? { from: this.#known === undefined ? this.#from : "now" };
  }

  /** Notes the places that the hub has answered with, and returns the topics that have a gap before their first event. */
  begin(topics: readonly string[], { payload: { history } }: Control): string[] {
    const places: unknown[] = Array.isArray(history) ? history : [];
    return topics.filter((topic, i) => {
      const place = places[i];
      if (typeof place !== "object" || place === null || !("at" in place)) return this.#asksForPast;
      const isReplaying = this.#asksPastOf(topic);
      if (this.#places.size < MAX_POSITIONS) this.#places.set(topic, { at: String(place.at), isReplaying });
      const isWhole = "whole" in place && place.whole === true;
      // A client that comes back without a position has missed what was published meanwhile.
      return !isWhole || (this.#known !== undefined && !this.#known.has(topic));
    });
  }

  /** The next events are for one topic. Returns whether there is a gap before them. */
  onReplay({ payload: { topic, count, whole } }: Control): boolean {
    this.#replay = { topic: String(topic), left: Number(count) };
    return whole === false;
  }

  /** A topic is live from here. */
  onReplayed({ payload: { topic, at } }: Control): void {
    const place = this.#places.get(String(topic));
    if (place === undefined) return;
    place.at = String(at);
    place.isReplaying = false;
  }

  /** Notes an event. Returns the id of its message; `""` keeps the last one, and `undefined` leaves the event out. */
  note(text: string): string | undefined {
    const found = POSITIONED.exec(text);
    if (found === null) return "";
    const [, at = "", type = "", id = ""] = found;
    const replay = this.#replay;
    if (replay !== undefined) {
      if (--replay.left <= 0) this.#replay = undefined;
      const place = this.#places.get(replay.topic);
      if (place !== undefined) place.at = at;
      return this.id;
    }
    const bare: string = JSON.parse(type);
    const places = [bare, `${bare}:${JSON.parse(id)}`].flatMap((topic) => this.#places.get(topic) ?? []);
    const live = places.filter(({ isReplaying }) => !isReplaying);
    // Its replay brings it.
    if (places.length > 0 && live.length === 0) return undefined;
    for (const place of live) place.at = at;
    return this.id;
  }

  /** All positions, as a query. */
  get id(): string {
    const query = Array.from(
      this.#places,
      ([topic, { at }]) => `${encodeURIComponent(topic)}=${encodeURIComponent(at)}`,
    );
    return query.join("&") || NO_POSITIONS;
  }

  get #asksForPast(): boolean {
    return this.#known !== undefined || this.#from !== "now";
  }

  #asksPastOf(topic: string): boolean {
    return this.#known === undefined ? this.#from !== "now" : this.#known.has(topic);
  }
}

/** Reads where a stream begins: `latest`, `start`, or the number of the last events. */
function readFrom(text: string | null): unknown {
  if (text === null) return "now";
  if (text === "latest" || text === "start") return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return { last: Number(text) };
  throw new TypeError("from is latest, start or a number of events");
}
