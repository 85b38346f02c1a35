import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { EndpointTicket } from "@number0/iroh";
import { eventually } from "../support/eventually.ts";
import { bindLocal, bytesOf } from "../support/iroh.ts";
import { firstLine, type RunningProgram, startProgram } from "../support/program.ts";

const WAIT = { timeoutMs: 20_000 };

/** Creates keys of spokes in a folder of their own, with the endpoint ids that the program prints for them. */
async function makeKeys(count: number): Promise<AsyncDisposable & { files: string[]; ids: string[] }> {
  const folder = await Deno.makeTempDir();
  const files = Array.from({ length: count }, (_, i) => `${folder}/${i}.key`);
  const ids = await Promise.all(files.map(async (file) => {
    await using program = startProgram("examples/iroh_spoke.ts", "--key", file, "--id");
    assertEquals([await program.ended, program.err], [0, []]);
    return await firstLine(program);
  }));
  return { files, ids, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

const subscribed = (spoke: RunningProgram): Promise<void> =>
  eventually(() => assertMatch(spoke.err[0] ?? "", /^Subscribed to /), WAIT);

Deno.test("a hub prints its ticket, and relays between spokes with known endpoint ids", async () => {
  await using keys = await makeKeys(2);
  const [readerId, writerId] = keys.ids;
  await using hub = startProgram(
    "examples/iroh_hub.ts",
    "--local",
    ...keys.ids.flatMap((id) => ["--allow", id]),
  );
  const ticket = await firstLine(hub);
  const start = (key: string | undefined, ...args: string[]) =>
    startProgram("examples/iroh_spoke.ts", "--local", "--key", key ?? "", ticket, ...args);
  await using reader = start(keys.files[0], "session.status");
  await subscribed(reader);
  await using writer = start(keys.files[1]);
  const lines = ['session.status:proj_1 {"state":"running"}', "session.status:proj_2"];
  await writer.write(`${lines.join("\n")}\nother:1\n`);
  await eventually(() => assertEquals(reader.out, lines), WAIT);

  writer.kill("SIGTERM");
  assertEquals(await writer.ended, 0);
  await eventually(() => assertEquals(hub.err.length, 3));
  hub.kill("SIGINT");
  assertEquals(await Promise.all([hub.ended, reader.ended]), [0, 1]);
  assertEquals(reader.err.slice(1), ["The connection ended with the code 1001: the hub is closed"]);
  assertEquals(hub.err, [
    `+ ${readerId}, 1 in all`,
    `+ ${writerId}, 2 in all`,
    `- ${writerId}, 1 in all`,
    `- ${readerId}, 0 in all`,
  ]);
});

Deno.test("a hub refuses endpoints that are not on its list and other protocols, and continues", async () => {
  await using keys = await makeKeys(2);
  const [knownId, strangerId] = keys.ids;
  await using hub = startProgram("examples/iroh_hub.ts", "--local", "--allow", knownId ?? "");
  const ticket = await firstLine(hub);

  await using stranger = startProgram(
    "examples/iroh_spoke.ts",
    "--local",
    "--key",
    keys.files[1] ?? "",
    ticket,
    "a",
  );
  assertEquals(await stranger.ended, 1);
  const refusal = `The connection ended with the code 4403: the hub does not know ${strangerId}`;
  assertEquals(stranger.err.includes(refusal), true, stranger.err.join("\n"));
  const endpoint = await bindLocal(false);
  const address = EndpointTicket.fromString(ticket).endpointAddr();
  await assertRejects(() => endpoint.connect(address, bytesOf("another protocol")));
  await endpoint.close();

  await using known = startProgram(
    "examples/iroh_spoke.ts",
    "--local",
    "--key",
    keys.files[0] ?? "",
    ticket,
    "a",
  );
  await subscribed(known);
  assertEquals(hub.err.at(-1), `+ ${knownId}, 1 in all`);
  const [turnedAway, ...failed] = hub.err.filter((line) => line.startsWith("!"));
  assertEquals(turnedAway, `! ${strangerId} may not connect`);
  // One line for each address of the hub that was tried.
  assertEquals(failed.length > 0, true);
  for (const line of failed) assertMatch(line, /^! A connection failed: /);
});

Deno.test("a hub and a spoke report wrong arguments", async () => {
  const calls = [
    ["examples/iroh_hub.ts", "--local"],
    ["examples/iroh_hub.ts", "--local", "--allow", "nobody"],
    ["examples/iroh_hub.ts", "--allow-anyone", "--allow", "nobody"],
    ["examples/iroh_spoke.ts"],
    ["examples/iroh_spoke.ts", "no ticket"],
  ] as const;
  const results = await Promise.all(calls.map(async ([script, ...args]) => {
    await using program = startProgram(script, ...args);
    return [await program.ended, program.err.length > 0, program.out.length];
  }));
  assertEquals(results, calls.map(() => [2, true, 0]));
});
