/** An assertion that does not hold. Test runners show `actual` and `expected`. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  constructor(message: string, readonly actual?: unknown, readonly expected?: unknown) {
    super(message);
  }
}

export function assert(condition: unknown, message = "The assertion does not hold"): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertStrictEquals<T>(actual: unknown, expected: T): asserts actual is T {
  if (!Object.is(actual, expected)) fail("the same value as", actual, expected);
}

/** Compares by structure: primitive values, arrays, sets, errors and plain objects. */
export function assertEquals(actual: unknown, expected: unknown): void {
  if (!equal(actual, expected)) fail("equal to", actual, expected);
}

export function assertMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) fail("matched by", text, pattern);
}

export function assertInstanceOf<T>(
  value: unknown,
  kind: abstract new (...args: never[]) => T,
): asserts value is T {
  if (!(value instanceof kind)) throw new AssertionError(`${show(value)} is not a ${kind.name}`, value, kind);
}

type ErrorKind = abstract new (...args: never[]) => Error;

/** Returns the error that a function throws. */
export function assertThrows(action: () => unknown, kind: ErrorKind, text = ""): Error {
  try {
    action();
  } catch (error) {
    return asExpected(error, kind, text);
  }
  throw new AssertionError(`Expected a ${kind.name}, but nothing was thrown`);
}

/** Returns the error with which a promise rejects. */
export async function assertRejects(
  action: () => Promise<unknown>,
  kind: ErrorKind,
  text = "",
): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return asExpected(error, kind, text);
  }
  throw new AssertionError(`Expected a ${kind.name}, but the promise resolved`);
}

/** Waits on a fact: tries a check until it does not throw. */
export async function eventually(check: () => void, timeoutMs = 5000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function asExpected(error: unknown, kind: ErrorKind, text: string): Error {
  const { name, message } = Object(error) as Partial<Error>;
  // By name as well: some test runners run tests in a realm of their own.
  if (!(error instanceof kind) && name !== kind.name) fail(`a ${kind.name}, not`, error, kind);
  if (!message?.includes(text)) fail("an error with the text", message, text);
  return error as Error;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item));
  const [mine, others] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return mine.length === others.size &&
    mine.every(([key, value]) => others.has(key) && equal(value, others.get(key)));
}

function fail(relation: string, actual: unknown, expected: unknown): never {
  throw new AssertionError(`Expected ${show(actual)} to be ${relation} ${show(expected)}`, actual, expected);
}

function show(value: unknown): string {
  if (value instanceof Error || typeof value === "function" || value instanceof RegExp) return String(value);
  try {
    return JSON.stringify(value)?.slice(0, 1000) ?? String(value);
  } catch {
    return String(value);
  }
}
