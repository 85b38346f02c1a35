import { eventually } from "../../support/eventually.ts";
import { testEventTarget } from "../../support/conformance/mod.ts";
import {
  CLUSTER_SETUPS,
  openCluster,
  type RedisClusterServers,
  startCluster,
} from "../../support/redis_cluster.ts";

let cluster: RedisClusterServers;
let tests = 0;

Deno.test.beforeAll(async () => {
  cluster = await startCluster();
});

Deno.test.afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

for (const { library, sharded } of CLUSTER_SETUPS) {
  testEventTarget(`Redis Cluster by ${library}${sharded ? ", sharded" : ""}`, {
    kind: sharded ? "redis sharded" : "redis",
    shrinksLater: true,
    async open() {
      // All tests share the servers, and each has channels of its own.
      const prefix = `test${++tests}/`;
      const opened = openCluster(cluster, library, { prefix, sharded });
      const { target, faults, [Symbol.asyncDispose]: close } = opened;
      await eventually(() => target.status.state === "open");
      return {
        near: target,
        far: target,
        faults,
        settle: () => target.flush(),
        [Symbol.asyncDispose]: close,
      };
    },
  });
}
