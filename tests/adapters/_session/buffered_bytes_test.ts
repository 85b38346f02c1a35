import { assertEquals } from "@std/assert";
import { BufferedBytes } from "../../../adapters/_session/buffered_bytes.ts";

/** A wire that counts how often it is asked. */
function open(bufferedBytes: number) {
  const wire = {
    asked: 0,
    buffers: bufferedBytes,
    get bufferedBytes() {
      this.asked++;
      return this.buffers;
    },
  };
  return { wire, gauge: new BufferedBytes(wire) };
}

Deno.test("the wire is asked at first, and then only when the bound could be exceeded", () => {
  const { wire, gauge } = open(10);
  assertEquals([gauge.exceed(100), wire.asked], [false, 1]);
  gauge.add(40);
  gauge.add(50);
  assertEquals([gauge.exceed(100), wire.asked], [false, 1]);
  gauge.add(1);
  wire.buffers = 60;
  assertEquals([gauge.exceed(100), wire.asked], [false, 2]);
  gauge.add(40);
  assertEquals([gauge.exceed(100), wire.asked], [false, 2]);
});

Deno.test("exactly the number does not exceed it, and a full wire is asked each time", () => {
  const { wire, gauge } = open(101);
  assertEquals([gauge.exceed(101), gauge.exceed(100), gauge.exceed(100), wire.asked], [
    false,
    true,
    true,
    3,
  ]);
  wire.buffers = 100;
  assertEquals([gauge.exceed(100), wire.asked], [false, 4]);
});
