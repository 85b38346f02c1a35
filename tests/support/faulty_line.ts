/** A line whose faults are chosen by a test: a TCP relay on loopback. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A fault of a line. All but the first last until {@linkcode FaultyLine.heal}. */
export type LineFault = "cut" | "tear" | "stall" | "slow" | "hold back";

/** A line to a port of this machine. */
export interface FaultyLine extends AsyncDisposable {
  /** The line's own port. */
  readonly port: number;
  /**
   * Strikes all connections of this moment: cuts them; tears the next piece of each in two, and cuts; carries nothing; or
   * carries each piece late. Or it holds back what new connections send.
   */
  strike(fault: LineFault): void;
  /** Continues with everything that was held, on the old connections too. */
  heal(): void;
}

/** How late a slow line carries a piece, in milliseconds. */
const LATE_MS = 150;

/** One connection over a line. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  fault: LineFault | undefined;
}

/** Opens a line without a fault. */
export async function openFaultyLine(target: number): Promise<FaultyLine> {
  const pairs = new Set<Pair>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let holdsBack = false;

  function carry(pair: Pair, from: Socket, to: Socket): void {
    let late = Promise.resolve();
    from.on("data", (bytes: Uint8Array) => {
      if (pair.fault === "tear") {
        to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => cut(pair));
      } else {
        late = late.then(() => pair.fault === "slow" ? delay(LATE_MS) : undefined)
          .then(() => void to.write(bytes));
      }
    });
    from.on("end", () => void late.then(() => to.end()));
    from.on("error", () => cut(pair));
    from.on("close", () => pairs.delete(pair));
  }

  function delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  }

  function cut({ near, far }: Pair): void {
    near.destroy();
    far.destroy();
  }

  function stall(pair: Pair): void {
    pair.near.pause();
    pair.far.pause();
  }

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    const pair: Pair = { near, far, fault: undefined };
    pairs.add(pair);
    carry(pair, near, far);
    carry(pair, far, near);
    if (holdsBack) stall(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    strike(fault) {
      if (fault === "hold back") holdsBack = true;
      for (const pair of fault === "hold back" ? [] : [...pairs]) {
        pair.fault = fault;
        if (fault === "cut") cut(pair);
        if (fault === "stall") stall(pair);
      }
    },
    heal() {
      holdsBack = false;
      for (const pair of pairs) {
        pair.fault = undefined;
        pair.near.resume();
        pair.far.resume();
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const pair of [...pairs]) cut(pair);
      for (const timer of timers) clearTimeout(timer);
      await closed;
    },
  };
}
