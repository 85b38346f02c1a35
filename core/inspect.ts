/** The name of the method that Node, Bun and Deno call to print an object. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** The name of the method that Deno calls to print an `EventTarget`. */
export const DENO_INSPECT: unique symbol = Symbol.for("Deno.customInspect");

/** Prints a name and facts. The order of the arguments of those methods differs between runtimes. */
export function inspectAs(name: string, facts: object, args: readonly unknown[]): string {
  const inspect = args.find((arg) => typeof arg === "function");
  return `${name} ${inspect?.(facts, args.find((arg) => typeof arg === "object"))}`;
}

/** The numbers of a target that are not zero, without those by event type. */
export function shownStats({ types: _, ...stats }: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(stats).flatMap<[string, unknown]>(([name, value]) => {
    if (typeof value === "number") return value === 0 ? [] : [[name, value]];
    const shown = shownStats({ ...Object(value) });
    return Object.keys(shown).length === 0 ? [] : [[name, shown]];
  });
  return Object.fromEntries(entries);
}
