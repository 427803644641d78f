// Plugin of the cloudflare package, for machines that can't download Pulumi's official one.
import { serve } from "../../../plugin/server.ts";
import { cloudflareProvider } from "./provider.ts";

void serve(cloudflareProvider);
