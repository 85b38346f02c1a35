import { testWireModel } from "../../support/wire_model/run_plan.ts";

// tests/long/wire_model_test.ts has many more.
testWireModel({ inMemory: 150, onWires: 20 });
