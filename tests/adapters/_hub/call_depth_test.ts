import { assert, assertEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { FakeSocket } from "../../support/fake_socket.ts";
import { eventsOf, open } from "../../support/wire_hub.ts";

/** The most frames of the library's own between the publisher's wire and the outbox of the other spoke. */
const MAX_FRAMES = 18;

/** How often the path can return to a file that it has left. */
const MAX_RETURNS = 4;

/** A frame of the call stack. */
interface CallFrame {
  readonly name: string;
  /** The file, relative to the repository. */
  readonly file: string;
}

/** The library's own frames of the current call stack, the outermost first. */
function libraryFrames(): CallFrame[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  return stack.split("\n").flatMap((line) => {
    const [, name, file] = /at (?:(.*) \()?.*\/((?:core|adapters)\/\S+?\.ts):/.exec(line) ?? [];
    return file === undefined ? [] : [{ name: name ?? "", file }];
  }).reverse();
}

/** A socket that records the call stack of each send. */
class TracedSocket extends FakeSocket {
  readonly stacks: CallFrame[][] = [];

  override send(data: string): void {
    this.stacks.push(libraryFrames());
    super.send(data);
  }
}

/** How often a path returns to a file that it has left. */
function returnsOf(path: readonly CallFrame[]): number {
  const files = path.map(({ file }) => file).filter((file, place, all) => file !== all[place - 1]);
  return files.length - new Set(files).size;
}

Deno.test("a relayed event takes a short, straight path through the hub", async () => {
  const upstream = createInProcessEventTarget();
  const { add, end, reports } = open({ upstream, authorize: () => true });
  const publisher = add();
  const socket = new TracedSocket();
  // A bare client gets no batches, so that each event sends the one before it synchronously.
  add(["n:1"], undefined, socket);
  await Promise.resolve();
  const events = ["first", "second"].map((payload) => ({ type: "n", id: "1", payload }));
  socket.stacks.length = 0;
  publisher.socket.fire("message", { data: JSON.stringify(events) });
  const stack = socket.stacks[0] ?? [];
  const start = stack.findIndex(({ file }) => file === "adapters/_websocket/websocket_wire.ts");
  const stop = stack.findIndex(({ file }) => file === "adapters/_session/outbox.ts");
  const path = stack.slice(start, stop + 1);

  const printed = path.map(({ name, file }) => `${file} ${name}`).join("\n");
  assert(start >= 0 && stop > start, `the path was not recorded:\n${printed}`);
  assert(path.length <= MAX_FRAMES, `${path.length} frames:\n${printed}`);
  assert(returnsOf(path) <= MAX_RETURNS, `${returnsOf(path)} returns:\n${printed}`);
  await Promise.resolve();
  assertEquals([eventsOf(socket), reports], [["n:1", "n:1"], []]);
  await end(publisher.socket, socket);
  await upstream.close();
});
