/** The size of an object without its parts, in bytes. */
export const OVERHEAD_BYTES = 32;

/** The bytes that values take up. */
interface Sizes {
  /** A string without its characters. */
  readonly string: number;
  /** A number that is no small integer. */
  readonly number: number;
  /** An object without its parts. */
  readonly object: number;
  /** A property, or an entry of a `Map` or a `Set`, without its key and its value. */
  readonly entry: number;
}

const CLONED: Sizes = { string: 8, number: 8, object: OVERHEAD_BYTES, entry: 0 };

/** V8 keeps many properties in a table that is at most three quarters empty. */
const IN_MEMORY: Sizes = { string: 32, number: 24, object: 64, entry: 64 };

/**
 * Estimates the bytes of a structured clone of any value. Strings and buffers are never estimated too small; an array's
 * properties beside its elements may be missed. Once the sum exceeds `most`, further objects are not looked into.
 */
export function cloneBytes(value: unknown, most = Infinity): number {
  return bytesOf(value, CLONED, most);
}

/** Estimates the memory that a value takes up, in bytes. */
export function memoryBytes(value: unknown): number {
  return bytesOf(value, IN_MEMORY);
}

function bytesOf(value: unknown, sizes: Sizes, most = Infinity): number {
  const flat = flatBytes(value, sizes);
  if (flat !== undefined) return flat;
  // Most payloads hold no object, and need no record of those visited.
  let seen: Set<unknown> | undefined;
  let bytes = 0;
  const add = (part: unknown): void => {
    const size = flatBytes(part, sizes);
    if (size !== undefined) bytes += size;
    else (seen ??= new Set([value])).add(part);
  };
  const addObject = (object: unknown): void => {
    // Not `bytes += objectBytes(…)`: the parts add to the same sum meanwhile. Only objects have no flat size.
    const own = objectBytes(object as object, add, sizes);
    bytes += own;
  };
  addObject(value);
  // A Set also yields members that are added meanwhile: no object is visited twice, and no depth is too deep.
  for (const object of seen ?? []) {
    if (bytes > most) break;
    if (object !== value) addObject(object);
  }
  return bytes;
}

/** The size of a value that is not an object, in bytes. */
function flatBytes(value: unknown, { string, number }: Sizes): number | undefined {
  switch (typeof value) {
    case "string":
      return 2 * value.length + string;
    case "number":
      return value === (value | 0) ? 8 : number;
    case "bigint":
      return value.toString(16).length + 8;
    case "object":
      return value === null ? 8 : undefined;
    default:
      return 8;
  }
}

/** The size of an object without its parts, in bytes. Calls `add` with each part that its clone has. */
function objectBytes(object: object, add: (part: unknown) => void, { object: own, entry }: Sizes): number {
  let entries = 0;
  if (isBuffer(object)) return own + object.byteLength;
  // A view is cloned with all of its buffer.
  if (ArrayBuffer.isView(object)) add(object.buffer);
  else if (Array.isArray(object)) addElements(object, add);
  else if (object instanceof Map) {
    entries = object.size;
    for (const [key, value] of object) {
      add(key);
      add(value);
    }
  } else if (object instanceof Set) {
    entries = object.size;
    for (const value of object) add(value);
  } else if (object instanceof Error) {
    for (const part of [object.message, object.stack, object.cause]) add(part);
  } else if (object instanceof RegExp) {
    add(object.source);
  } else {
    for (const key of Object.keys(object)) {
      entries++;
      add(key);
      // Cast: only its own keys are read.
      add((object as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return own + entry * entries;
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
}

/** Calls `add` with each element of an array, which may have far fewer elements than its length. */
function addElements(array: readonly unknown[], add: (part: unknown) => void): void {
  let index = 0;
  while (index < array.length && index in array) add(array[index++]);
  if (index === array.length) return;
  // The keys of elements come first, in order.
  for (const [key, value] of Object.entries(array).slice(index)) {
    add(key);
    add(value);
  }
}
