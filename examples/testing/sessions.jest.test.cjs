// npx jest sessions.jest
const { createPair } = require("@alkdev/pubsub/testing");

/** Subscribes, and returns whether it may. */
async function subscribe(pubsub, id) {
  const subscription = pubsub.subscribe("session.status", id);
  try {
    await subscription.ready;
    return true;
  } catch (error) {
    if (error.name === "RefusedError") return false;
    throw error;
  }
}

test("it may subscribe to its own sessions alone", async () => {
  const pair = createPair({ link: { onError() {} }, hub: { onError() {} } });
  pair.refuse(({ id }) => id !== "mine");
  expect(await subscribe(pair.link.pubsub, "mine")).toBe(true);
  expect(await subscribe(pair.link.pubsub, "theirs")).toBe(false);
  await pair[Symbol.asyncDispose]();
});
