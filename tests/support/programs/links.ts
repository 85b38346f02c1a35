/** The tests of links, bundled for other runtimes. */
import "./deno_test_on_node.ts";
import "../../adapters/_link/announcer_test.ts";
import "../../adapters/_link/link_close_test.ts";
import "../../adapters/_link/link_hello_test.ts";
import "../../adapters/_link/link_in_the_hand_test.ts";
import "../../adapters/_link/link_on_open_test.ts";
import "../../adapters/_link/link_open_function_test.ts";
import "../../adapters/_link/link_reconnect_test.ts";
import "../../adapters/_link/link_test.ts";
import "../../adapters/_link/reconnecting_wire_test.ts";
