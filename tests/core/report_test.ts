import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createInProcessEventTarget, createPubSub, type ErrorContext } from "@alkdev/pubsub";
import { adoptRejection, callSafely, printError, reportError } from "../../core/report.ts";
import { capturePrinted } from "../support/printed.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import { eventually } from "../support/eventually.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

const target = createInProcessEventTarget();

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function contextOf(context: Partial<ErrorContext> = {}): ErrorContext {
  return { target, stage: "publish", ...context };
}

Deno.test("the default printer prints one line, with the target, the stage, the topic and the error", () => {
  using printed = capturePrinted();
  printError(new TypeError("first line\nsecond line"), contextOf({ topic: "news:a\nb" }));
  printError("text", contextOf({ stage: "decode" }));
  assertEquals(printed.lines, [
    '[@alkdev/pubsub] InProcessEventTarget publish "news:a\\nb": TypeError: first line',
    "[@alkdev/pubsub] InProcessEventTarget decode: text",
  ]);
});

Deno.test("the default printer prints whatever was thrown", () => {
  using printed = capturePrinted();
  const hostile = {
    toString() {
      throw new Error("no");
    },
  };
  for (const error of [undefined, null, "", Symbol("s"), Object.create(null), hostile]) {
    printError(error, contextOf());
  }
  const start = "[@alkdev/pubsub] InProcessEventTarget publish: ";
  assertEquals(printed.lines.map((line) => line.slice(start.length)), [
    "undefined",
    "null",
    "",
    "Symbol(s)",
    "an error that cannot be printed",
    "an error that cannot be printed",
  ]);
});

Deno.test("the default printer prints ten lines a second, and then the number of lines left out", () => {
  using printed = capturePrinted();
  const print = (count: number) => {
    for (let i = 0; i < count; i++) printError(new Error("x"), contextOf());
  };
  print(9);
  printed.tick(999);
  print(30);
  assertEquals(printed.lines.length, 10);
  printed.tick(1);
  print(25);
  const line = "[@alkdev/pubsub] InProcessEventTarget publish: Error: x";
  assertEquals(printed.lines, [
    ...Array(10).fill(line),
    `${line} (and 29 more not printed)`,
    ...Array(9).fill(line),
  ]);
  printed.tick(5000);
  print(1);
  assertEquals(printed.lines.slice(20), [`${line} (and 15 more not printed)`]);
});

Deno.test("a clock that is set back does not silence the default printer", () => {
  using printed = capturePrinted();
  for (let i = 0; i < 10; i++) printError("x", contextOf());
  printed.setTo(-3_000_000);
  printError("after", contextOf());
  assertEquals(printed.lines.length, 11);
});

Deno.test("the limit counts the lines of all targets in the process", () => {
  using printed = capturePrinted();
  for (const target of [createInProcessEventTarget(), new ManualEventTarget()]) {
    for (let i = 0; i < 8; i++) printError("x", contextOf({ target }));
  }
  assertEquals(printed.lines.length, 10);
  printed.tick(1000);
  printError("x", contextOf());
});

Deno.test("an error handler is called for every fault", () => {
  using printed = capturePrinted();
  const errors: unknown[] = [];
  const thrown = new Error("thrown");
  const pubsub = createPubSub({ onError: (error) => errors.push(error) });
  pubsub.eventTarget.addEventListener("news:1", () => {
    throw thrown;
  });
  for (let i = 0; i < 1000; i++) pubsub.publish("news", "1", i);
  assertEquals(errors, Array(1000).fill(thrown));
  assertEquals(printed.lines, []);
});

Deno.test("an error handler gets the error and its context", () => {
  const heard: unknown[] = [];
  const context = contextOf({ topic: "news:1" });
  const error = new Error("error");
  reportError((...args) => heard.push(...args), error, context);
  assertEquals(heard.length, 2);
  assertStrictEquals(heard[0], error);
  assertStrictEquals(heard[1], context);
});

Deno.test("an error handler gets an Error, whatever was thrown", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const ofAnotherRealm = { name: "TypeError", message: "of a frame" };
  for (
    const [thrown, message] of [
      ["text", "text"],
      [undefined, "undefined"],
      [404, "404"],
      [{ status: 404 }, '{"status":404}'],
      [ofAnotherRealm, "of a frame"],
      [new Map(), "[Map]"],
      [revoked.proxy, "object"],
    ] as const
  ) {
    const heard: unknown[] = [];
    reportError((error) => void heard.push(error), thrown, contextOf({}));
    const [error] = heard;
    assert(error instanceof Error);
    assertEquals(error.message, message);
    assertStrictEquals(error.cause, thrown);
  }
});

Deno.test("an error that an error handler throws is printed, with the context of the first error", () => {
  using printed = capturePrinted();
  reportError(
    () => {
      throw new Error("handler");
    },
    new Error("first"),
    contextOf({ topic: "news:1" }),
  );
  assertEquals(printed.lines, ['[@alkdev/pubsub] InProcessEventTarget publish "news:1": Error: handler']);
});

Deno.test("a rejection of an error handler is printed, and is not an unhandled rejection", async () => {
  using printed = capturePrinted();
  const unhandled = await unhandledRejections(() =>
    reportError(() => Promise.reject(new Error("handler")), new Error("first"), contextOf())
  );
  assertEquals(unhandled, []);
  assertEquals(printed.lines, ["[@alkdev/pubsub] InProcessEventTarget publish: Error: handler"]);
});

Deno.test("an error handler that publishes and fails again is called for each fault, and ends no listener", () => {
  const errors: unknown[] = [];
  const target = createInProcessEventTarget({
    onError(error) {
      errors.push(error);
      if (errors.length < 5) target.publish({ type: "news", id: "1", payload: null });
    },
  });
  const heard: string[] = [];
  target.addEventListener("news:1", () => {
    throw new Error("thrown");
  });
  target.addEventListener("news:1", () => heard.push("next"));
  target.publish({ type: "news", id: "1", payload: null });
  assertEquals([errors.length, heard.length], [5, 5]);
});

Deno.test("an error or a rejection of onStatus is printed, and has no other effect", async () => {
  using printed = capturePrinted();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const thrower = new ManualEventTarget({
    onError,
    onStatus() {
      throw new Error("thrown");
    },
  });
  const rejecter = new ManualEventTarget({ onError, onStatus: () => Promise.reject(new Error("rejected")) });
  const unhandled = await unhandledRejections(async () => {
    await thrower.close();
    await rejecter.close();
  });
  await eventually(() => printed.lines.length === 2);
  assertEquals(printed.lines, [
    "[@alkdev/pubsub] ManualEventTarget listener: Error: thrown",
    "[@alkdev/pubsub] ManualEventTarget listener: Error: rejected",
  ]);
  assertEquals([unhandled, errors], [[], []]);
  assertEquals([thrower.status.state, rejecter.status.state], ["closed", "closed"]);
});

Deno.test("faults are printed if there is no handler", () => {
  using printed = capturePrinted();
  for (const pubsub of [createPubSub(), createPubSub({ eventTarget: createInProcessEventTarget() })]) {
    pubsub.eventTarget.addEventListener("news:1", () => {
      throw new Error("listener");
    });
    pubsub.publish("news", "1", null);
  }
  assertEquals(
    printed.lines,
    Array(2).fill('[@alkdev/pubsub] InProcessEventTarget listener "news:1": Error: listener'),
  );
});

Deno.test("callSafely gives a callback's error or rejection to another callback", async () => {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  callSafely(() => "fine", onFault);
  callSafely(() => Promise.resolve("fine"), onFault);
  const thrown = new Error("thrown");
  callSafely(() => {
    throw thrown;
  }, onFault);
  assertEquals(faults, [thrown]);
  const unhandled = await unhandledRejections(() => {
    callSafely(() => Promise.reject("rejected"), onFault);
    adoptRejection(Promise.reject("adopted"), onFault);
    for (const result of ["no promise", { then: 5 }, revokedProxy()]) adoptRejection(result, onFault);
  });
  assertEquals([unhandled, faults], [[], [thrown, "rejected", "adopted"]]);
});

Deno.test("the default printer escapes whatever acts on a terminal or hides text, and cuts it", () => {
  using printed = capturePrinted();
  const hostile = "\x1b[2J\r\x07\x9b31m\u202e\u2066\u2028\u2029\x7f\x85\u200b\ufeff\ud800";
  printError(new TypeError(hostile), contextOf({ topic: hostile }));
  printError(new Error("\u202e".repeat(600)), contextOf());
  printError(new Error("é 中 🙂 ok"), contextOf());
  for (const line of printed.lines) {
    assertEquals(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), false, line);
    assertEquals([line.isWellFormed(), line.length < 700], [true, true]);
  }
  assertEquals(printed.lines[0]?.endsWith("\\u007f\\u0085\\u200b\\ufeff\\ud800"), true);
  assertEquals(printed.lines[2], "[@alkdev/pubsub] InProcessEventTarget publish: Error: é 中 🙂 ok");
});

Deno.test("faults that peers cause do not use up the lines of the program's own faults, of any stage", () => {
  using printed = capturePrinted();
  const peer = Object.assign(createInProcessEventTarget(), { isOfPeer: true });
  const stages = ["decode", "publish", "subscribe", "connect", "encode"] as const;
  for (const stage of stages) {
    for (let i = 0; i < 100; i++) printError(new TypeError("bad"), contextOf({ target: peer, stage }));
  }
  assertEquals(printed.lines.length, 50);
  for (const stage of stages) printError(new Error("own"), contextOf({ stage }));
  for (const stage of stages) {
    printError(new TypeError("not authorized", { cause: "own" }), contextOf({ target: peer, stage }));
  }
  assertEquals(printed.lines.length, 60);
});
