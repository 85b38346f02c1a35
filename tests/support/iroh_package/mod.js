/**
 * `@number0/iroh`, as npm has installed it here: Deno's own resolver gives up over the optional packages of other
 * platforms, some of which are not in the registry. `deno.json` maps the bare name to this module.
 */
// @ts-self-types="./node_modules/@number0/iroh/index.d.ts"
import { createRequire } from "node:module";

// Not by its "main", which names a file that it does not have.
const iroh = createRequire(import.meta.url)("@number0/iroh/index.js");
export const { Endpoint, EndpointId, EndpointTicket, RelayMode, SecretKey } = iroh;
