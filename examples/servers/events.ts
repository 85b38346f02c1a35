/** The events of all these programs. */
export type Events = {
  /** From a spoke: it is here. The id is its name. */
  "spoke.joined": { runtime: string };
  /** From the hub: the answer, of the same id. */
  "spoke.welcomed": { by: string };
};
