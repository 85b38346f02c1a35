/**
 * The settings of the hub program, for the file that `--config` names.
 *
 * @example A file with settings
 * ```ts ignore
 * import type { HubConfig } from "jsr:@alkdev/pubsub-hub/config";
 *
 * export default {
 *   port: 8787,
 *   history: { "session.status": { perId: 1 } },
 *   hub: { maxEventsPerSecond: 200, authorize: ({ action }) => action === "subscribe" },
 * } satisfies HubConfig;
 * ```
 *
 * @module
 */
import type { HubOptions, SpokeEventTarget, TypedEvent, WebSocketLike } from "@alkdev/pubsub";
import type { HistoryBounds } from "@alkdev/pubsub/history";

/** The context of a spoke: what its token says. */
export interface User {
  /** The subject of the token; `undefined` where the hub asks for no tokens. */
  readonly subject: string | undefined;
  /** The time at which the token expires, in milliseconds since 1970; `Infinity` where the hub asks for no tokens. */
  readonly expiresAt: number;
  /** The other claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The options of the hub's event target that a file can set. The program sets the others. */
export type FileHubOptions = Omit<
  HubOptions<WebSocketLike, SpokeEventTarget<TypedEvent, User>>,
  "upstream" | "authenticate" | "owner"
>;

/**
 * The settings of the hub. A flag has precedence over an environment variable, which has precedence over the file that
 * `--config` names.
 */
export interface HubConfig {
  /**
   * The address to listen on. One that other machines reach needs `key`, `jwks` or `open`.
   *
   * @default "127.0.0.1"
   */
  readonly hostname?: string;
  /**
   * The port; 0 takes a free one.
   *
   * @default 8787
   */
  readonly port?: number;
  /**
   * The URL of a Redis that several hubs share. Without it, the hub is on its own.
   *
   * @default none
   */
  readonly redis?: string;
  /**
   * Files with the keys of tokens: a JWK, a set of JWKs, or a public key as PEM.
   *
   * @default none
   */
  readonly key?: readonly string[];
  /**
   * The URL of a set of public keys of tokens.
   *
   * @default none
   */
  readonly jwks?: string;
  /**
   * The issuer that tokens must have.
   *
   * @default any
   */
  readonly issuer?: string;
  /**
   * The audience that tokens must have.
   *
   * @default any
   */
  readonly audience?: string;
  /**
   * Whether everybody may do everything on an address that other machines reach.
   *
   * @default false
   */
  readonly open?: boolean;
  /**
   * The sites whose pages may use the hub, such as `https://app.example`, or `*` for every site.
   *
   * @default only the host of the request itself, which is an IP address or `localhost`
   */
  readonly origin?: readonly string[];
  /**
   * The event types that are kept, and how much of each.
   *
   * @default none
   */
  readonly history?: Readonly<Record<string, HistoryBounds>>;
  /**
   * How many connections there can be.
   *
   * @default 10_000
   */
  readonly maxConnections?: number;
  /**
   * The port of the live page, which only this machine reaches; 0 takes a free one, and `false` serves no page.
   *
   * @default 8788
   */
  readonly live?: number | false;
  /**
   * The token of the live page, of at least 16 letters, digits, `-` and `_`. A page that is open comes back by itself after
   * a restart with the same token.
   *
   * @default a new one at each start
   */
  readonly liveToken?: string;
  /**
   * Whether the live page may publish events, revoke subscriptions and close connections.
   *
   * @default false
   */
  readonly adminWrite?: boolean;
  /** Options of the hub's event target. Its `authorize` is asked as well as the claims of the token. */
  readonly hub?: FileHubOptions;
}

/** The settings, complete. */
export type Settings =
  & HubConfig
  & Required<Pick<HubConfig, "hostname" | "port" | "live" | "key" | "origin" | "history">>;
