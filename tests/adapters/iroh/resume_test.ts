import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { ALPN, bindLocal, serveIrohHub } from "../../support/iroh.ts";
import { testResume } from "../../support/resume_suite.ts";

testResume("Iroh", async (history) => {
  const authorize = ({ id }: { id?: string | undefined }) => id !== "secret";
  const served = await serveIrohHub({ authorize, onError() {}, ...(history && { history }) });
  const endpoint = await bindLocal(false);
  let isCut = false;
  return {
    hub: served.hub,
    openLink: (options) =>
      createSpokeIrohEventTarget(() => {
        if (isCut) throw new Error("The line is cut");
        return endpoint.connect(served.endpoint.addr(), ALPN);
      }, { reconnectDelayMs: 20, maxReconnectDelayMs: 20, ...options }),
    cut() {
      isCut = true;
      for (const connection of served.connections) connection.close(1n, []);
    },
    join: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await endpoint.close();
    },
  };
});
