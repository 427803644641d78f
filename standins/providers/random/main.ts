// Plugin of the random package, for machines that can't download Pulumi's official one.
import { serve } from "../../../plugin/server.ts";
import { randomProvider } from "./provider.ts";

void serve(randomProvider);
