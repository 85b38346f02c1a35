import type { Control } from "./controls.ts";

/** The most topics whose positions are in an id: each message has all of them. */
const MAX_POSITIONS = 16;

/** The longest id, in characters: a client sends it back in a header. */
const MAX_ID_LENGTH = 4096;

/** The most characters of a position in an id, with its separators. */
const POSITION_LENGTH = 80;

/** The id of messages without a position: a client that has it comes back after a loss. */
const NO_POSITIONS = "-";

/** An event with a position, which a hub writes first. */
const POSITIONED = /^\{"at":"([^"]*)","type":("(?:[^"\\]|\\.)*"),"id":("(?:[^"\\]|\\.)*")/;

/** The place where a topic of a stream begins, in the form of the wire protocol. */
type Since = string | { readonly from: unknown } | null;

/** The place of a topic of a stream in the history of the hub. */
interface Place {
  /** The topic as it stands in an id. */
  readonly name: string;
  at: string;
  /** Whether the hub replays it: live events are not for it until then. */
  isReplaying: boolean;
}

/** The places of a stream in the history of the hub, topic by topic: a client brings them back as `Last-Event-ID`. */
export class StreamPositions {
  /** The positions that the client had when it left; `undefined` for a client that comes for the first time. */
  readonly #known: ReadonlyMap<string, string> | undefined;
  readonly #from: unknown;
  readonly #topics: ReadonlySet<string>;
  readonly #places = new Map<string, Place>();
  /** Those of the places that are in ids. */
  #noted: readonly Place[] = [];
  /** The topic that the next events are for, and how many of them. */
  #replay: { readonly topic: string; left: number } | undefined;

  /** Throws a `TypeError` if the request asks for a place that there is not. */
  constructor(request: Request, topics: ReadonlySet<string>) {
    this.#topics = topics;
    const known = request.headers.get("last-event-id");
    this.#known = known === null ? undefined : new Map(new URLSearchParams(known));
    this.#from = readFrom(new URL(request.url).searchParams.get("from"));
  }

  /** The place where a topic begins. A client that comes back continues where it was. */
  sinceOf(topic: string): Since {
    if (topic === "*" || this.#isCovered(topic)) return null;
    return this.#known?.get(topic) ?? { from: this.#known === undefined ? this.#from : "now" };
  }

  /** Notes the places that the hub has answered with, and returns the topics that have a gap before their first event. */
  begin(topics: readonly string[], { payload: { history } }: Control): string[] {
    const places: unknown[] = Array.isArray(history) ? history : [];
    return topics.filter((topic, i) => {
      if (this.#isCovered(topic)) return false;
      const place = places[i];
      if (typeof place !== "object" || place === null || !("at" in place)) return this.#asksForPast;
      this.#add(topic, String(place.at));
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
    const place = this.#places.get(bare) ?? this.#places.get(`${bare}:${JSON.parse(id)}`);
    // Its replay brings it.
    if (place?.isReplaying === true) return undefined;
    if (place !== undefined) place.at = at;
    return this.id;
  }

  /** A topic has ended: what is published until a client comes back is no loss that its position could show. */
  end(topic: string): void {
    const place = this.#places.get(topic);
    this.#places.delete(topic);
    this.#noted = this.#noted.filter((noted) => noted !== place);
  }

  /** The positions, as a query. */
  get id(): string {
    return this.#noted.map(({ name, at }) => `${name}=${encodeURIComponent(at)}`).join("&") || NO_POSITIONS;
  }

  #add(topic: string, at: string): void {
    const place = { name: encodeURIComponent(topic), at, isReplaying: this.#asksPastOf(topic) };
    this.#places.set(topic, place);
    const length = this.id.length + place.name.length + POSITION_LENGTH;
    if (this.#noted.length < MAX_POSITIONS && length <= MAX_ID_LENGTH) this.#noted = [...this.#noted, place];
  }

  /** Whether another topic of the stream, the bare type, brings its events, those of the past too. */
  #isCovered(topic: string): boolean {
    const at = topic.indexOf(":");
    return at >= 0 && this.#topics.has(topic.slice(0, at));
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
