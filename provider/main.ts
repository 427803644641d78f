// Entry point of the tandem provider as a plugin of the engine.
import { serve } from "../lib/plugin/server.ts";
import { tandemProvider } from "./provider.ts";

void serve(tandemProvider);
