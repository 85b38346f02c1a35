/** Returns an object with other methods in place of some. Methods of a class are called on the object itself, which may be private to them. */
export function delegateTo<T extends object>(object: T, methods: object): T {
  if (Object.getPrototypeOf(object) === Object.prototype) return { ...object, ...methods };
  const delegate: T = { ...object };
  for (let owner: object = object; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      if (Object.hasOwn(delegate, name) || name === "constructor") continue;
      const member: unknown = Reflect.get(object, name);
      Reflect.set(delegate, name, typeof member === "function" ? member.bind(object) : member);
    }
  }
  return Object.assign(delegate, methods);
}
