import { assertEquals } from "@std/assert";
import { Turns } from "../../../adapters/_websocket/turns.ts";
import { withClock } from "../../support/clock.ts";

/** A socket that says when its reading stops and continues. */
function open() {
  const log: string[] = [];
  const socket = {
    isPaused: false,
    pause() {
      this.isPaused = true;
      log.push("pause");
    },
    resume() {
      this.isPaused = false;
      log.push("resume");
    },
  };
  return { log, socket, onRead: new Turns(socket).onRead };
}

Deno.test("a socket lets others have their turns after 64 KiB, or a thousand small frames", () =>
  withClock(async ({ pass }) => {
    for (const [length, frames] of [[1, 1009], [1000, 62], [65_472, 1], [1_000_000, 1]] as const) {
      const { log, onRead } = open();
      for (let i = 1; i < frames; i++) onRead({ length });
      assertEquals(log, []);
      onRead({ length });
      assertEquals(log, ["pause"]);
      for (let i = 0; i < 5000; i++) onRead({ length });
      assertEquals(log, ["pause"]);
      await pass(1);
      assertEquals(log, ["pause", "resume"]);
      // What was read meanwhile was more than a turn.
      onRead({ length });
      assertEquals(log.length, frames === 1 ? 3 : 2 + Number(5000 >= frames));
      await pass(1);
    }
  }));

Deno.test("a socket that its program has paused stays paused", () =>
  withClock(async ({ pass }) => {
    const { log, socket, onRead } = open();
    socket.pause();
    for (let i = 0; i < 5000; i++) onRead({ length: 1 });
    await pass(1);
    assertEquals(log, ["pause"]);
  }));
