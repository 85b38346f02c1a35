/** The name of the method that Node, Bun and Deno call to print an object. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** The name of the method that Deno calls to print an `EventTarget`. */
export const DENO_INSPECT: unique symbol = Symbol.for("Deno.customInspect");

/** Prints a name and facts. The order of the arguments of those methods differs between runtimes. */
export function inspectAs(name: string, facts: object, args: readonly unknown[]): string {
  const inspect = args.find((arg) => typeof arg === "function");
  return `${name} ${inspect?.(facts, args.find((arg) => typeof arg === "object"))}`;
}
