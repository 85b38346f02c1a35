import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { HistoryBounds } from "@alkdev/pubsub/history";
import type { FileHubOptions, HubConfig } from "./config.ts";

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isSwitch = (value: unknown): boolean => typeof value === "boolean";
/** Whether a value has members by name, which a list and a map have not. */
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(Symbol.iterator in value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isPort(value: unknown): boolean {
  return isWhole(value, 0, 65_535);
}

/** Whether a text is long enough for the token of the live page, and stays as it is in a link and in a cookie. */
export function isLiveToken(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{16,}$/.test(value);
}

/** Whether keys can be fetched from a URL. */
export function isWebUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** The settings of a file, each with its check and its description. A flag has its own reader for the same. */
const SETTINGS: Readonly<Record<keyof HubConfig, readonly [is: (value: unknown) => boolean, what: string]>> =
  {
    hostname: [isText, "an address"],
    port: [isPort, "a whole number from 0 to 65535"],
    redis: [isText, "a URL"],
    key: [isTexts, "an array of paths"],
    jwks: [isWebUrl, "a URL that starts with https:// or http://"],
    issuer: [isText, "a name"],
    audience: [isText, "a name"],
    open: [isSwitch, "true or false"],
    origin: [isTexts, "an array of sites, such as https://app.example"],
    history: [isObject, "an object of bounds by event type, such as { news: { perId: 100 } }"],
    maxConnections: [(value) => isWhole(value, 1, 1_000_000), "a whole number from 1 to 1000000"],
    live: [(value) => value === false || isPort(value), "a port, or false"],
    liveToken: [isLiveToken, "a text of at least 16 letters, digits, - and _"],
    adminWrite: [isSwitch, "true or false"],
    hub: [isObject, "an object of options"],
  };

/** The options of the hub's event target that a file can set. */
const HUB_OPTIONS: Readonly<Record<keyof FileHubOptions, true>> = {
  authorize: true,
  authorizeEvent: true,
  backpressureGraceMs: true,
  backpressureThreshold: true,
  dropsSilentPeers: true,
  events: true,
  flushTimeoutMs: true,
  heartbeatMs: true,
  history: true,
  maxBufferedBytes: true,
  maxClosing: true,
  maxConnections: true,
  maxEventBurst: true,
  maxEventsPerSecond: true,
  maxFrameBytes: true,
  maxPending: true,
  maxReplay: true,
  maxReplaysPerMinute: true,
  maxTopicsPerConnection: true,
  onBackpressure: true,
  onConnection: true,
  onDisconnection: true,
  onError: true,
  onStatus: true,
  openTimeoutMs: true,
  tracing: true,
  unknownTypes: true,
};

const BOUNDS: Readonly<Record<keyof HistoryBounds, true>> = { perId: true, perType: true, ttlMs: true };

/** Loads a file with settings. Throws a `TypeError` if it sets something that it cannot. */
export async function readConfigFile(path: string): Promise<HubConfig> {
  const module: unknown = await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw new TypeError(`Cannot load ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  const config = isObject(module) ? Reflect.get(module, "default") : undefined;
  if (!isObject(config)) throw new TypeError(`${path} must export its settings as the default`);
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  for (const [name, value] of Object.entries(given)) {
    if (!isSetting(name)) throw new TypeError(`${path} has an unknown setting '${name}'`);
    const [is, what] = SETTINGS[name];
    if (!is(value)) throw new TypeError(`${path} has a wrong ${name}: it must be ${what}`);
  }
  const { hub, history }: HubConfig = given;
  assertKnown(path, "hub", hub, HUB_OPTIONS);
  for (const [type, bounds] of Object.entries(history ?? {})) {
    assertKnown(path, `history.${type}`, bounds, BOUNDS);
  }
  return given;
}

/** A right whose name is misspelt would not be one. */
function assertKnown(path: string, place: string, value: unknown, known: object): void {
  const unknown = Object.keys(Object(value)).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw new TypeError(`${path} has an unknown setting '${place}.${unknown}'`);
}

function isSetting(name: string): name is keyof HubConfig {
  return Object.hasOwn(SETTINGS, name);
}
