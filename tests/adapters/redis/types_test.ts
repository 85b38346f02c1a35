import { assert } from "@std/assert";

// Checked in a program of their own: these packages need the types of Node, whose `Event` differs from Deno's.
const PROGRAM = `
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis6";
import { Cluster as ClusterValkey, Redis as RedisValkey } from "iovalkey";
import { createRedisEventTarget, type RedisClient } from "@alkdev/pubsub/event-target-redis";

type IsClient<T extends RedisClient> = T;
export type Accepted = [
  IsClient<Redis5>, IsClient<Cluster5>, IsClient<Redis6>, IsClient<Cluster6>, IsClient<RedisValkey>,
  IsClient<ClusterValkey>,
];
// @ts-expect-error A client must be able to subscribe.
export type Refused = IsClient<Pick<Redis5, "publish">>;

export const target = createRedisEventTarget({
  publishClient: new Redis6({ lazyConnect: true }),
  subscribeClient: new Cluster5([], { lazyConnect: true }),
});
export const bytes = createRedisEventTarget({
  publishClient: new RedisValkey({ lazyConnect: true }),
  subscribeClient: new Redis5({ lazyConnect: true }),
  serializer: { binary: true, stringify: () => new Uint8Array(), parse: (message) => message.byteLength },
});
`;

Deno.test("the clients of ioredis 5, ioredis 6 and iovalkey match the type RedisClient", async () => {
  const root = new URL("../../../", import.meta.url);
  const { imports, compilerOptions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const directory = await Deno.makeTempDir();
  try {
    const resolved = Object.fromEntries(
      Object.entries<string>(imports).map(([name, target]) => [
        name,
        target.startsWith("./") ? new URL(target, root).href : target,
      ]),
    );
    const config = { imports: resolved, compilerOptions, nodeModulesDir: "none", lock: false };
    await Deno.writeTextFile(`${directory}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${directory}/program.ts`, PROGRAM);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "program.ts"],
      cwd: directory,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
