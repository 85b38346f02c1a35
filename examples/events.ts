/** The events of the hub and the spoke: what each type carries. */
export type Events = {
  "session.status": { readonly state: "idle" | "running" };
  "spoke.joined": { readonly name: string };
};
