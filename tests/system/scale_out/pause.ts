/** Stops a process for so many seconds. The process continues even if this run has been killed meanwhile. */
const PAUSE = 'kill -STOP "$1" && sleep "$2"; kill -CONT "$1"';

/** Stops a process for a time. */
export async function pause(pid: number, ms: number): Promise<void> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", PAUSE, "sh", String(pid), String(ms / 1000)],
  }).output();
  if (!success) throw new Error(`Process ${pid} could not be stopped`);
}
