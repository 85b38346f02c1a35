import { assertEquals } from "@std/assert";
import {
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  type SpokeEventTarget,
  type TypedEvent,
} from "@alkdev/pubsub";
import { createHubIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";

interface User {
  readonly name: string;
  readonly rooms: readonly string[];
}

const users = new Map<unknown, User>();

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

function assertContexts<TContext>(
  hub: { readonly spokes: readonly { readonly context: TContext }[] },
  _isUser: Same<TContext, User>,
): void {
  assertEquals(hub.spokes.map(({ context }) => context), []);
}

Deno.test("the type of a spoke's context is inferred from authenticate, on every transport", async () => {
  const hubs = [
    createWebSocketServerEventTarget({
      authenticate: (_spoke, credentials) => users.get(credentials),
      authorize: ({ spoke, id }) => id !== undefined && spoke.context.rooms.includes(id),
      owner: (spoke) => spoke.context.name,
    }),
    createWebSocketServerEventTarget({
      authenticate: async (_spoke, credentials) => await Promise.resolve(users.get(credentials) ?? null),
      onConnection: (spoke) => void spoke.context.name,
    }),
    createWebSocketServerEventTarget({
      authenticate(_spoke, credentials) {
        return users.get(credentials) ?? false;
      },
    }),
  ] as const;
  for (const hub of hubs) assertContexts(hub, true);
  const host = createWorkerHostEventTarget([], {
    authenticate: (_spoke, credentials) => users.get(credentials),
    authorize: ({ spoke }) => spoke.context.name !== "",
  });
  assertContexts(host, true);
  const irohHub = createHubIrohEventTarget(undefined, {
    authenticate: (spoke, credentials) => spoke.endpointId === "" ? undefined : users.get(credentials),
    authorize: ({ spoke }) => spoke.context.name !== "",
  });
  assertContexts(irohHub, true);
  await Promise.all([...hubs, host, irohHub].map((hub) => hub.close()));
});

Deno.test("the type of the context can be given, and a spoke can be declared with it", async () => {
  const hub = createWebSocketServerEventTarget<User>({
    authenticate: (_spoke: SpokeEventTarget<TypedEvent, User>, credentials) => users.get(credentials),
  });
  assertContexts(hub, true);
  // @ts-expect-error: it is no user.
  createWebSocketServerEventTarget<User>({ authenticate: () => ({ name: 5 }) });
  await hub.close();
});
