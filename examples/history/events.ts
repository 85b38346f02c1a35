/** The events of these examples. */
export type Events = { number: { n: number } };
