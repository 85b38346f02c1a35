/** Returns an object with other methods in place of some. The rest are called on the object itself, which may be private to them. */
export function delegateTo<T extends object>(object: T, methods: object): T {
  const delegate: T = Object.create(object);
  for (let owner: object = object; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      if (Object.hasOwn(delegate, name) || name === "constructor") continue;
      const member: unknown = Reflect.get(object, name);
      const value = typeof member === "function" ? member.bind(object) : member;
      Object.defineProperty(delegate, name, { value, configurable: true, writable: true });
    }
  }
  return Object.assign(delegate, methods);
}
