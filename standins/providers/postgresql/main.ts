// Plugin of the postgresql package, for machines that can't download Pulumi's official one.
import { serve } from "../../../plugin/server.ts";
import { postgresqlProvider } from "./provider.ts";

void serve(postgresqlProvider);
