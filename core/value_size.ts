/** The size of an object without its parts, in bytes. */
export const OVERHEAD_BYTES = 32;

/**
 * Estimates the bytes of a structured clone of any value. Strings and buffers are never estimated too small; an array's
 * properties beside its elements may be missed. Once the sum exceeds `most`, further objects are not looked into.
 */
export function cloneBytes(value: unknown, most = Infinity): number {
  const flat = flatBytes(value);
  if (flat !== undefined) return flat;
  // Most payloads hold no object, and need no record of those visited.
  let seen: Set<unknown> | undefined;
  let bytes = 0;
  const add = (part: unknown): void => {
    const size = flatBytes(part);
    if (size !== undefined) bytes += size;
    else (seen ??= new Set([value])).add(part);
  };
  const addObject = (object: unknown): void => {
    // Not `bytes += objectBytes(…)`: the parts add to the same sum meanwhile. Only objects have no flat size.
    const own = objectBytes(object as object, add);
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

/** The size of an object without its parts, in bytes. Calls `add` with each part that its clone has. */
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
      // Cast: only its own keys are read.
      add((object as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return OVERHEAD_BYTES;
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
