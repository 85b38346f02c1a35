import { createWorkerHostEventTarget, createWorkerThreadEventTarget } from "@alkdev/pubsub";
import { testResume } from "../../support/resume_suite.ts";

testResume("a port of a worker", (history) => {
  const authorize = ({ id }: { id?: string | undefined }) => id !== "secret";
  const hub = createWorkerHostEventTarget(undefined, {
    authorize,
    onError() {},
    ...(history && { history }),
  });
  const ports: MessagePort[] = [];
  let isCut = false;
  return {
    hub,
    openLink: (options) =>
      createWorkerThreadEventTarget(() => {
        if (isCut) throw new Error("The line is cut");
        const { port1, port2 } = new MessageChannel();
        ports.push(port1, port2);
        hub.addWorker(port2);
        return port1;
      }, { reconnectDelayMs: 20, maxReconnectDelayMs: 20, ...options }),
    async cut() {
      isCut = true;
      for (const spoke of [...hub.spokes]) await spoke.close({ code: 1001, reason: "cut" });
    },
    join: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      await hub.close();
      for (const port of ports) port.close();
    },
  };
});
