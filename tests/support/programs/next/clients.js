import { Redis } from "ioredis";

/** One pair of clients for the whole process, whichever part of the program asks first. */
export const clients = globalThis.clients ??= { publishClient: open(), subscribeClient: open() };

function open() {
  return new Redis(globalThis.process.env.REDIS_PATH, { lazyConnect: true });
}
