/** The tests of operators with timers, bundled for other runtimes. */
import "./deno_test_on_node.ts";
import "../../operators/fake_timers_test.ts";
import "../../operators/time_test.ts";
