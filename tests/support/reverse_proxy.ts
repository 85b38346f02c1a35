/** Real reverse proxies in front of a hub, configured as their Debian packages are. Each is installed if it is missing. */
import { installProgram } from "../../scripts/lib/install_debian_package.ts";
import { lines } from "../../scripts/lib/lines.ts";
import { runProcess } from "../../scripts/lib/process.ts";
import { eventually } from "./eventually.ts";

/** Runs a program until its standard input ends, and so no longer than the process that started it. Prints its process id. */
const GUARD = `
"$@" >&2 &
echo $!
read -r _
kill $!
wait
`;

/** Below the ports that the system gives to those who ask for any. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const START_MS = 10_000;
const END_MS = 1000;

/** A proxy that listens on a port of this machine. */
export interface ReverseProxy extends AsyncDisposable {
  readonly port: number;
  /** The process that reloads. */
  readonly pid: number;
  /** Makes it read its configuration again, as its package's `systemctl reload` does. */
  reload(): Promise<void>;
}

/** How to run one kind of proxy. */
interface ProxyKind {
  readonly package: string;
  readonly version: readonly string[];
  /** Its configuration, for the file `path`. */
  config(port: number, target: number, folder: string): string;
  command(path: string, folder: string): readonly string[];
  reload(pid: number, path: string, folder: string): Promise<void>;
}

const NGINX = (directives: string): ProxyKind => ({
  package: "nginx",
  version: ["nginx", "-v"],
  config: (port, target, folder) => `
worker_processes auto;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 768; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  sendfile on;
  tcp_nopush on;
  gzip on;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${target};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      ${directives}
    }
  }
}
`,
  command: (
    path,
    folder,
  ) => ["nginx", "-p", folder, "-c", path, "-e", `${folder}/error.log`, "-g", "daemon off;"],
  reload: (pid) => Promise.resolve(Deno.kill(pid, "SIGHUP")),
});

const CADDY = (directives: string): ProxyKind => ({
  package: "caddy",
  version: ["caddy", "version"],
  config: (port, target, folder) => `
{
  admin unix//${folder}/admin.sock
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${target} {
    ${directives}
  }
}
`,
  command: (path) => ["caddy", "run", "--config", path, "--adapter", "caddyfile"],
  reload: async (_pid, path, folder) => {
    const address = ["--address", `unix//${folder}/admin.sock`];
    await runProcess(["caddy", "reload", "--force", "--config", path, "--adapter", "caddyfile", ...address]);
  },
});

const HAPROXY = (directives: string): ProxyKind => ({
  package: "haproxy",
  version: ["haproxy", "-v"],
  config: (port, target) => `
defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
  ${directives}
frontend hub
  bind 127.0.0.1:${port}
  default_backend hub
backend hub
  server hub 127.0.0.1:${target}
`,
  command: (path) => ["haproxy", "-W", "-f", path],
  reload: (pid) => Promise.resolve(Deno.kill(pid, "SIGUSR2")),
});

/** Starts nginx in front of a port, with further directives of its location, if any. */
export function startNginx(target: number, directives = ""): Promise<ReverseProxy> {
  return start(NGINX(directives), target);
}

/** Starts Caddy in front of a port, with further directives of its `reverse_proxy`, if any. */
export function startCaddy(target: number, directives = ""): Promise<ReverseProxy> {
  return start(CADDY(directives), target);
}

/** Starts HAProxy in front of a port, with further directives of its defaults, if any. */
export function startHaproxy(target: number, directives = ""): Promise<ReverseProxy> {
  return start(HAPROXY(directives), target);
}

async function start(kind: ProxyKind, target: number): Promise<ReverseProxy> {
  await using stack = new AsyncDisposableStack();
  if (!await installProgram(kind.package, kind.version)) {
    throw new Error(`Install ${kind.package} (on Debian: apt-get install -y ${kind.package})`);
  }
  const folder = await Deno.makeTempDir({ prefix: `pubsub-${kind.package}-` });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  // Workers of a proxy that was started as root are another user.
  await Deno.chmod(folder, 0o755);
  const path = `${folder}/proxy.conf`;
  const port = freePort();
  await Deno.writeTextFile(path, kind.config(port, target, folder));
  const guard = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", ...kind.command(path, folder)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // Caddy keeps its own state there.
    env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    // A Ctrl-C in the terminal is for the program that started it.
    detached: true,
  }).spawn();
  const said = new Response(guard.stderr).text();
  const output = lines(guard.stdout);
  const pid = Number((await output.next()).value);
  await output.return();
  stack.defer(async () => {
    await guard.stdin.close();
    // Caddy waits for its connections.
    const deadline = setTimeout(() => Deno.kill(pid, "SIGKILL"), END_MS);
    await guard.status;
    clearTimeout(deadline);
    await said;
  });
  try {
    await eventually(async () => (await Deno.connect({ hostname: "127.0.0.1", port })).close(), {
      timeoutMs: START_MS,
    });
  } catch (cause) {
    await stack.disposeAsync();
    throw new Error(`${kind.package} did not start: ${await said}`, { cause });
  }
  const started = stack.move();
  return {
    port,
    pid,
    reload: () => kind.reload(pid, path, folder),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function freePort(): number {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
