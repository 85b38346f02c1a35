/** Called by Next.js when the server starts. */
export async function register() {
  if (globalThis.process.env.NEXT_RUNTIME === "nodejs") await (await import("./listen.js")).listen();
}
