/**
 * Returns a value that all copies of the library in this process share. There can be several: bundlers compile parts of a
 * program apart, CommonJS is loaded beside ES modules, and dependencies need different versions. The number in `name` is
 * the version of the value's format.
 */
export function shared<T extends object>(name: `${string}.${number}`, create: () => T): T {
  const key = Symbol.for(`@alkdev/pubsub/${name}`);
  // Cast: only this function uses the symbol.
  const known = Reflect.get(globalThis, key) as T | undefined;
  if (known !== undefined) return known;
  const value = create();
  Reflect.defineProperty(globalThis, key, { value });
  return value;
}
