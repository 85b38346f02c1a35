import process from "node:process";

/**
 * The processor time of this thread so far, in milliseconds, to about ten of them. Other programs, and tests that run beside,
 * do not change it.
 */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
