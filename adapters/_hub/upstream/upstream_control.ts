import type { Control } from "../../_wire/frame.ts";

/** The message to a spoke about the hub's upstream. */
export function upstreamControl(outageHops: number): Control {
  return { kind: "upstream", up: outageHops === 0, ...(outageHops > 1 && { hops: outageHops }) };
}
