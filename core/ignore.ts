/** Does nothing. As a listener that is added to a socket several times it counts once. */
export function ignore(): void {}
