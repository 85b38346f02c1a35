import { testWireModel } from "../support/wire_model/run_plan.ts";

testWireModel({ inMemory: 3000, onWires: 300 });
