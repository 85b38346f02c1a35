const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const DENO_INSPECT = Symbol.for("Deno.customInspect");

/** The functions with which objects show themselves. They are passed in, so that a page does not load them. */
interface Forms {
  readonly shownStats: typeof shownStats;
}

const FORMS: Forms = { shownStats };

/**
 * Shows the objects of a class on the consoles of Node, Bun and Deno: a name, and facts that are read when an object is
 * printed. Pages load `page/console.ts` in place of this module.
 */
export function showOnConsole<T>(
  { prototype }: { readonly prototype: T },
  show: (object: T, forms: Forms) => readonly [name: string, facts: object],
): void {
  // The order of the arguments differs between runtimes.
  function print(this: T, ...args: unknown[]): string {
    const inspect = args.find((arg) => typeof arg === "function");
    try {
      const [name, facts] = show(this, FORMS);
      return `${name} ${inspect?.(facts, args.find((arg) => typeof arg === "object"))}`;
    } catch {
      // A proxy of the object, such as a reactive one of Vue, does not have its private members.
      return "{}";
    }
  }
  // Node and Bun read the first name of any object, and Deno the second one of an `EventTarget`.
  for (const name of [INSPECT, DENO_INSPECT]) {
    Object.defineProperty(prototype, name, { value: print, configurable: true });
  }
}

/** The numbers of a target that are not zero, without those by event type. */
function shownStats({ types: _, ...stats }: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(stats).flatMap<[string, unknown]>(([name, value]) => {
    if (typeof value === "number") return value === 0 ? [] : [[name, value]];
    const shown = shownStats({ ...Object(value) });
    return Object.keys(shown).length === 0 ? [] : [[name, shown]];
  });
  return Object.fromEntries(entries);
}
