import process from "node:process";
import { Command, InvalidArgumentError, Option } from "commander";
import { COMMAND } from "./command.ts";
import type { HubConfig, Settings } from "./config.ts";
import { isLiveToken, isWebUrl, readConfigFile } from "./config_file.ts";
import { isLoopback } from "./loopback.ts";

/** The functions that the commands call. */
export interface Commands {
  /** Serves, until the process ends. */
  serve(settings: Settings): Promise<void>;
  /** Prints a new key. */
  key(): Promise<void>;
  /** Prints a token. */
  token(options: TokenOptions): Promise<void>;
}

/** The contents of a token. */
export interface TokenOptions {
  readonly key: string;
  readonly sub: string;
  readonly expires: string;
  readonly subscribe: readonly string[];
  readonly publish: readonly string[];
  readonly history: readonly string[];
  readonly metrics?: boolean;
}

const DEFAULTS = { hostname: "127.0.0.1", port: 8787, live: 8788, key: [], origin: [], history: {} } as const;

const SWITCH = /^(true|false)$/;

const TOKENS = `
Tokens: ${COMMAND} key > key.json; ${COMMAND} token --key key.json --sub ada --subscribe '*'`;

/** The flags. Each has an environment variable, and a member of the same name in the file. */
const FLAGS: readonly Option[] = [
  new Option("--hostname <address>", "the address to listen on (default: 127.0.0.1)").env("PUBSUB_HOSTNAME"),
  new Option("--port <number>", "the port, or 0 for a free one (default: 8787)").env("PUBSUB_PORT")
    .argParser(readNumber(0, 65_535)),
  new Option("--redis <url>", "share the events of other hubs through this Redis").env("PUBSUB_REDIS"),
  new Option("--key <file...>", "ask for tokens signed with this key: a JWK, or a public key as PEM")
    .env("PUBSUB_KEY"),
  new Option("--jwks <url>", "ask for tokens signed with one of the keys at this URL").env("PUBSUB_JWKS")
    .argParser(readUrl),
  new Option("--issuer <name>", "the issuer that tokens must have").env("PUBSUB_ISSUER"),
  new Option("--audience <name>", "the audience that tokens must have").env("PUBSUB_AUDIENCE"),
  new Option("--open", "let everybody do everything, on any address (env: PUBSUB_OPEN=true)"),
  new Option("--origin <site...>", "let pages of this site use the hub, such as https://app.example, or '*'")
    .env("PUBSUB_ORIGIN"),
  new Option("--history <type=events...>", "keep the last events of each id of this type")
    .env("PUBSUB_HISTORY").argParser(readHistory),
  new Option("--max-connections <number>", "how many connections there can be (default: 10000)")
    .env("PUBSUB_MAX_CONNECTIONS").argParser(readNumber(1, 1_000_000)),
  new Option("--live <port>", "the port of the live page, or off (default: 8788)").env("PUBSUB_LIVE")
    .argParser((text) => text === "off" ? false : readNumber(0, 65_535)(text)),
  new Option("--live-token <text>", "the token of the live page (default: a new one at each start)")
    .env("PUBSUB_LIVE_TOKEN").argParser(readToken),
  new Option(
    "--admin-write",
    "let the live page publish, revoke and close (env: PUBSUB_ADMIN_WRITE=true)",
  ),
  new Option("--config <file>", "a module whose default export has further settings").env("PUBSUB_CONFIG"),
];

/** The flags without a value, and their environment variables. */
const SWITCHES = [["open", "PUBSUB_OPEN"], ["adminWrite", "PUBSUB_ADMIN_WRITE"]] as const;

/** The flags that take several values, which an environment variable has with spaces between. */
const LISTS = ["key", "origin"];

/**
 * Creates the command line. Errors of the user are printed with a hint, and end the process with the exit code 1.
 *
 * @param version The version of the program.
 * @param commands What the commands do.
 */
export function createCommandLine(version: string, commands: Commands): Command {
  const program = new Command("pubsub-hub")
    .description("A hub for @alkdev/pubsub: events over WebSocket and HTTP.")
    .version(version)
    .allowExcessArguments(false)
    .showHelpAfterError("(--help lists all flags)")
    .addHelpText("after", TOKENS);
  for (const flag of FLAGS) program.addOption(flag);
  program.action(async (flags: HubConfig & { readonly config?: string }) => {
    await commands.serve(await readSettings(program, flags));
  });
  program.command("key").description("print a new key, for --key").action(() => commands.key());
  program.command("token").description("print a token for a spoke")
    .requiredOption("--key <file>", "the key, as the command `key` prints it")
    .requiredOption("--sub <name>", "the subject: who the spoke is")
    .option("--expires <time>", "how long it is valid, such as 30s, 10m, 1h or 7d", "1h")
    .option("--subscribe <pattern...>", "what the spoke may subscribe to", [])
    .option("--publish <pattern...>", "what the spoke may publish", [])
    .option("--history <pattern...>", "of which topics the spoke may read the past", [])
    .option("--metrics", "whether it may read the numbers of the hub at /metrics")
    // The key of the hub itself is a flag of the same name.
    .action((options: TokenOptions) => commands.token(options));
  return program.enablePositionalOptions();
}

/** Merges flags, environment, file and defaults. */
async function readSettings(
  program: Command,
  flags: HubConfig & { readonly config?: string },
): Promise<Settings> {
  const { config, ...given }: Record<string, unknown> & { config?: string } = { ...flags };
  for (const name of LISTS) {
    if (program.getOptionValueSource(name) === "env") given[name] = String(given[name]).trim().split(/\s+/);
  }
  for (const [name, variable] of SWITCHES) {
    const text = process.env[variable];
    if (text === undefined || flags[name] !== undefined) continue;
    // Not left to the parser, for which "false" is set as well.
    if (!SWITCH.test(text)) program.error(`error: ${variable} must be true or false`);
    given[name] = text === "true";
  }
  for (const [name, value] of Object.entries({ config, ...given })) {
    // An unset variable of a shell or of a container file.
    if (value === "" || (Array.isArray(value) && value.includes(""))) {
      program.error(`error: '${name}' is empty`);
    }
  }
  const file = config === undefined ? {} : await readConfigFile(config);
  // Cast: each flag has a reader for its type.
  const settings = { ...DEFAULTS, ...file, ...given } as Settings;
  // As it stands in a URL, an IPv6 address has brackets.
  const hostname = settings.hostname.replace(/^\[(.+)\]$/, "$1");
  const { key, jwks, issuer, audience, open } = settings;
  const asksForTokens = key.length > 0 || jwks !== undefined;
  if (!asksForTokens && (issuer ?? audience) !== undefined) {
    program.error(
      "error: nobody is asked for a token with this issuer or audience: give --key or --jwks as well",
    );
  }
  if (!isLoopback(hostname) && !asksForTokens && open !== true) {
    program.error(
      `error: other machines reach ${hostname}: ask for tokens with --key or --jwks, or let everybody do everything with --open`,
    );
  }
  return { ...settings, hostname };
}

function readNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

function readToken(text: string): string {
  if (isLiveToken(text)) return text;
  throw new InvalidArgumentError("Give at least 16 letters, digits, - and _.");
}

function readUrl(text: string): string {
  if (isWebUrl(text)) return text;
  throw new InvalidArgumentError("Give a URL that starts with https:// or http://.");
}

function readHistory(text: string, before: HubConfig["history"] = {}): HubConfig["history"] {
  const entries = text.trim().split(/\s+/).map((item) => {
    const [type = "", count, ...rest] = item.split("=");
    if (count === undefined || rest.length > 0) {
      throw new InvalidArgumentError("Give a type and a number, such as news=100.");
    }
    return [type, { perId: readNumber(1, 10_000_000)(count) }] as const;
  });
  return { ...before, ...Object.fromEntries(entries) };
}
