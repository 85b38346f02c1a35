import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { HistoryBounds } from "@alkdev/pubsub/history";
import type { FileHubOptions, HubConfig } from "./config.ts";

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isSwitch = (value: unknown): boolean => typeof value === "boolean";
/** Whether all that a value has are members by name: not so a list, a map, a promise or an object of a class. */
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value));
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

/** The options of the hub's event target that a file can set, and whether each is a function. */
const HUB_OPTIONS: Readonly<Record<keyof FileHubOptions, boolean>> = {
  authorize: true,
  authorizeEvent: true,
  backpressureGraceMs: false,
  backpressureThreshold: false,
  dropsSilentPeers: false,
  events: false,
  flushTimeoutMs: false,
  heartbeatMs: false,
  history: false,
  maxBufferedBytes: false,
  maxClosing: false,
  maxConnections: false,
  maxEventBurst: false,
  maxEventsPerSecond: false,
  maxFrameBytes: false,
  maxPending: false,
  maxReplay: false,
  maxReplaysPerMinute: false,
  maxTopicsPerConnection: false,
  onBackpressure: true,
  onConnection: true,
  onDisconnection: true,
  onError: true,
  onStatus: true,
  openTimeoutMs: false,
  tracing: false,
  unknownTypes: false,
};

const BOUNDS: Readonly<Record<keyof HistoryBounds, true>> = { perId: true, perType: true, ttlMs: true };

/** Loads a file with settings. Throws a `TypeError` if it sets something that it cannot. */
export async function readConfigFile(path: string): Promise<HubConfig> {
  const module: unknown = await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw new TypeError(`Cannot load ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  const config = isObject(module) ? Reflect.get(module, "default") : undefined;
  if (!isObject(config)) throw new TypeError(`${path} must export its settings as the default`);
  const given = definedOf(config);
  for (const [name, value] of Object.entries(given)) {
    if (!isSetting(name)) throw new TypeError(`${path} has an unknown setting '${name}'`);
    const [is, what] = SETTINGS[name];
    if (!is(value)) throw new TypeError(`${path} has a wrong ${name}: it must be ${what}`);
  }
  const { hub, history }: HubConfig = given;
  assertKnown(path, "hub", hub, HUB_OPTIONS);
  for (const [name, value] of Object.entries(hub ?? {})) {
    if (value === undefined || typeof value === "function" || !isFunctionOption(name)) continue;
    throw new TypeError(`${path} has a wrong hub.${name}: it must be a function`);
  }
  for (const [type, bounds] of Object.entries(history ?? {})) {
    assertKnown(path, `history.${type}`, bounds, BOUNDS);
  }
  return { ...given, ...(hub && { hub: definedOf(hub) }) };
}

/** The members that are set. Those that are `undefined` would replace the program's own. */
function definedOf(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** A right whose name is misspelt would not be one. */
function assertKnown(path: string, place: string, value: unknown, known: object): void {
  const unknown = Object.keys(Object(value)).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw new TypeError(`${path} has an unknown setting '${place}.${unknown}'`);
}

function isFunctionOption(name: string): boolean {
  return Object.entries(HUB_OPTIONS).some(([option, isFunction]) => isFunction && option === name);
}

function isSetting(name: string): name is keyof HubConfig {
  return Object.hasOwn(SETTINGS, name);
}
