import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { HubConfig } from "./config.ts";

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isSwitch = (value: unknown): boolean => typeof value === "boolean";
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
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

/** Loads a file with settings. Throws a `TypeError` if it sets something that it cannot. */
export async function readConfigFile(path: string): Promise<HubConfig> {
  const module: unknown = await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw new TypeError(`Cannot load ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  const config = isObject(module) ? Reflect.get(Object(module), "default") : undefined;
  if (!isObject(config)) throw new TypeError(`${path} must export its settings as the default`);
  const given = Object.entries(Object(config)).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!isSetting(name)) throw new TypeError(`${path} has an unknown setting '${name}'`);
    const [is, what] = SETTINGS[name];
    if (!is(value)) throw new TypeError(`${path} has a wrong ${name}: it must be ${what}`);
  }
  return Object.fromEntries(given);
}

function isSetting(name: string): name is keyof HubConfig {
  return Object.hasOwn(SETTINGS, name);
}
