// Entry point of the tandem provider as a plugin of the engine.
import { serve } from "../plugin/server.ts";
import { tandemProvider } from "./provider.ts";

void serve(tandemProvider);
