/** All tests of Iroh that start no process, bundled for runtimes with `using`. */
import "./deno_test_on_node.ts";
import "../../adapters/iroh/iroh_test.ts";
import "../../adapters/iroh/faults_test.ts";
