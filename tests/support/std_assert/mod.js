// Stands in for jsr:@std/assert where JSR cannot be reached; decision 001 says why and how it goes.
// @ts-self-types="./mod.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
