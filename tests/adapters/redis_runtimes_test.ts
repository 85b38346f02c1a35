import { assertEquals } from "@std/assert";
import { startRedis } from "../fixtures/redis.ts";

const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  "Node": ["node"],
  "Node 24": ["npx", "-y", "node@24"],
  "Bun": ["npx", "-y", "bun@1.4"],
};

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  Deno.test(`Redis carries events on ${runtime}, by every client, as text and as bytes`, async () => {
    await using server = await startRedis();
    const directory = await Deno.makeTempDir();
    try {
      const program = `${directory}/program.mjs`;
      const source = new URL("../fixtures/_redis_program.ts", import.meta.url).pathname;
      await run([Deno.execPath(), "bundle", "--quiet", `--output=${program}`, source]);
      const heard = JSON.parse(await run([...command, program, server.path]));
      assertEquals(heard, Array(12).fill("hé 🎈"));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

async function run([command = "", ...args]: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
