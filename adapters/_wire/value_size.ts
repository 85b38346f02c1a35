/** What an envelope takes beside what can be counted, in bytes. */
export const OVERHEAD_BYTES = 32;

/**
 * About how many bytes a structured clone of a value takes.
 *
 * @param value Anything.
 * @returns The size; never too small for what is counted in bytes or characters, but that an array's members other
 *   than its elements may be left out.
 */
export function cloneBytes(value: unknown): number {
  const flat = flatBytes(value);
  if (flat !== undefined) return flat;
  // Most payloads have no object inside, and need no memory of what was walked.
  let seen: Set<unknown> | undefined;
  let bytes = 0;
  const add = (part: unknown): void => {
    const size = flatBytes(part);
    if (size !== undefined) bytes += size;
    else (seen ??= new Set([value])).add(part);
  };
  const addObject = (object: unknown): void => {
    // A statement of its own, since its parts add to the same sum. Only objects have no flat size.
    const own = objectBytes(object as object, add);
    bytes += own;
  };
  addObject(value);
  // A Set yields what is added to it meanwhile: nothing is walked twice, and no depth is too deep.
  for (const object of seen ?? []) if (object !== value) addObject(object);
  return bytes;
}

/** The size of what is no object, in bytes. */
function flatBytes(value: unknown): number | undefined {
  switch (typeof value) {
    case "string":
      return 2 * value.length + 8;
    case "bigint":
      return value.toString(16).length + 8;
    case "object":
      return value === null ? 8 : undefined;
    default:
      return 8;
  }
}

/** The size of an object without its parts, in bytes. Calls with each part that its clone has. */
function objectBytes(object: object, add: (part: unknown) => void): number {
  if (isBuffer(object)) return OVERHEAD_BYTES + object.byteLength;
  // A view is cloned with all of its buffer.
  if (ArrayBuffer.isView(object)) add(object.buffer);
  else if (Array.isArray(object)) addElements(object, add);
  else if (object instanceof Map) {
    for (const [key, value] of object) {
      add(key);
      add(value);
    }
  } else if (object instanceof Set) {
    for (const value of object) add(value);
  } else if (object instanceof Error) {
    for (const part of [object.message, object.stack, object.cause]) add(part);
  } else if (object instanceof RegExp) {
    add(object.source);
  } else {
    for (const key of Object.keys(object)) {
      add(key);
      // Keys of its own are all that is read.
      add((object as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return OVERHEAD_BYTES;
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
}

/** Calls with each element; an array may be far longer than it has elements. */
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
