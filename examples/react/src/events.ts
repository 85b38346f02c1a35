export type Events = {
  "build.status": { name: string; state: "queued" | "running" | "passed" | "failed"; percent: number };
  "log.line": { text: string };
  "build.requested": { name: string };
};
