/**
 * The libraries that the benches compare with, at the measured versions.
 *
 * @module
 */
import mitt from "npm:mitt@3.0.1";

export { EventEmitter as EventEmitter3 } from "npm:eventemitter3@5.0.4";
export {
  createPubSub as createYogaPubSub,
  filter as yogaFilter,
  map as yogaMap,
  pipe as yogaPipe,
} from "npm:@graphql-yoga/subscription@5.1.1";
// @ts-types="./_peers.d.ts"
export { PubSub as GraphqlPubSub } from "npm:graphql-subscriptions@3.0.0";
export { default as Emittery } from "npm:emittery@2.2.0";
// @ts-types="./_peers.d.ts"
export { Server as SocketIoServer } from "npm:socket.io@4.8.4";
// @ts-types="./_peers.d.ts"
export { createAdapter as createRedisAdapter } from "npm:@socket.io/redis-adapter@8.3.0";
export { io as connectSocketIo } from "npm:socket.io-client@4.8.4";
// @ts-types="./_peers.d.ts"
export { default as createCrossws } from "npm:crossws@0.4.17/adapters/deno";
// @ts-types="./_peers.d.ts"
export { connect as connectNats } from "npm:@nats-io/transport-node@3.4.0";
export { filter as rxFilter, from as rxFrom, map as rxMap, Subject } from "npm:rxjs@7.8.2";
// @ts-types="./_peers.d.ts"
export { AsyncSink, from as ixFrom } from "npm:ix@7.0.0/asynciterable";
// @ts-types="./_peers.d.ts"
export { filter as ixFilter, map as ixMap } from "npm:ix@7.0.0/asynciterable/operators";
export { EventEmitter as NodeEventEmitter, on as nodeEventsOn } from "node:events";

/** The types of mitt describe its CommonJS file, whose default is a member. Deno loads its ES module. */
export const createMitt: typeof mitt.default = mitt as unknown as typeof mitt.default;
