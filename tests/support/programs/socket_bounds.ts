/** What a hub guarantees of each of its sockets of `npm:ws`, bundled for Node. */
import "./deno_test_on_node.ts";
import { serveNodeHub } from "../hubs.ts";
import { testSocketBounds, testTurns } from "../socket_bounds.ts";

testSocketBounds("ws", serveNodeHub, "ws");
testTurns(serveNodeHub);
