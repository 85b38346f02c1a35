/**
 * The buffers of TCP sockets, which the kernel makes as large as megabytes on loopback. Neither Deno nor Node sets their sizes, so
 * that the C library is asked. Linux alone.
 */
import { Socket } from "node:net";

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const IPPROTO_TCP = 6;
const TCP_MAXSEG = 2;
const AF_INET = 2;
const SOCK_STREAM = 1;

/** The kernel doubles it, for what it needs itself. */
const BUFFER_BYTES = 4096;
/** A send buffer grows to many segments of the peer, and a segment of loopback has 64 KiB. */
const SEGMENT_BYTES = 1000;
/** How `/proc/net/tcp` writes that a socket listens. */
const LISTENS = "0A";

type Libc = ReturnType<typeof openLibc>;

function openLibc() {
  return Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  });
}

/** Uses the C library, and closes it again: tests must leave nothing open. */
function withLibc<T>(use: (symbols: Libc["symbols"]) => T): T {
  const libc = openLibc();
  try {
    return use(libc.symbols);
  } finally {
    libc.close();
  }
}

/** Makes the buffers small of the sockets that a listener of this process accepts from now on, and of those that connect to it. */
export function shrinkListener(port: number): void {
  const descriptor = descriptorOf((local, _remote, state) => local === port && state === LISTENS);
  if (descriptor === undefined) throw new Error(`This process does not listen on ${port}`);
  withLibc((libc) => shrink(libc, descriptor));
}

/** Makes the send buffer of a connection small, if its end at `localPort` is in this process. */
export function shrinkSendBuffer(localPort: number, remotePort: number): void {
  const descriptor = descriptorOf((local, remote) => local === localPort && remote === remotePort);
  if (descriptor === undefined) return;
  withLibc((libc) => setOption(libc, descriptor, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES));
}

/** Connects to a port of this machine, with small buffers. */
export function connectWithSmallBuffers(port: number): Socket {
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, AF_INET, true);
  address.setUint16(2, port);
  address.setUint32(4, 0x7f00_0001);
  const { fd, connected } = withLibc((libc) => {
    const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
    shrink(libc, fd);
    return { fd, connected: libc.connect(fd, address.buffer, address.byteLength) === 0 };
  });
  const socket = new Socket({ fd, allowHalfOpen: true });
  if (!connected) queueMicrotask(() => socket.destroy(new Error(`Nothing listens on ${port}`)));
  return socket;
}

function shrink(libc: Libc["symbols"], descriptor: number): void {
  setOption(libc, descriptor, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  setOption(libc, descriptor, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  setOption(libc, descriptor, IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
}

function setOption(
  libc: Libc["symbols"],
  descriptor: number,
  level: number,
  option: number,
  value: number,
): void {
  const result = libc.setsockopt(descriptor, level, option, new Int32Array([value]), 4);
  if (result !== 0) throw new Error(`setsockopt of ${option} failed`);
}

/** Finds the descriptor of a socket of this process by its ports. */
function descriptorOf(
  matches: (local: number, remote: number, state: string) => boolean,
): number | undefined {
  const names = new Set<string>();
  for (const line of Deno.readTextFileSync("/proc/self/net/tcp").split("\n").slice(1, -1)) {
    const [, local = "", remote = "", state = "", , , , , , inode] = line.trim().split(/\s+/);
    if (matches(portOf(local), portOf(remote), state)) names.add(`socket:[${inode}]`);
  }
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (names.has(Deno.readLinkSync(`/proc/self/fd/${name}`))) return Number(name);
    } catch {
      // Another descriptor was closed meanwhile, such as that of this folder.
    }
  }
  return undefined;
}

function portOf(address: string): number {
  return parseInt(address.slice(address.indexOf(":") + 1), 16);
}
