// A route whose switch breaks off leads to where it led. The gateway is a list of files here: real ones are in
// tests/integration/route.test.ts.
import { posix } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { expect, it } from "vitest";
import { renderRoute } from "./route-config.ts";
import { replace } from "./route-switch.ts";

/** A gateway with files by path, whose reloads Docker can't begin. */
function gatewayWith(files: Map<string, string>): Docker {
  const run = ([program, option, ...rest]: string[]) => {
    if (program === "sh" && option !== "-c") throw new Error("socket hang up");
    if (program === "rm") for (const path of rest.slice(1)) files.delete(path);
    for (const name of program === "sh" ? rest.slice(2) : []) {
      const folder = name.endsWith(".caddy") ? "routes" : "upstreams";
      files.set(`/config/${folder}/${name}`, files.get(`/config/staged/${name}`) ?? "");
      files.delete(`/config/staged/${name}`);
    }
  };
  return {
    getContainer: () => ({
      getArchive: ({ path }: { path: string }) => {
        const archive = pack();
        for (const [file, content] of files)
          if (posix.dirname(file) === path) archive.entry({ name: posix.basename(file) }, content);
        archive.finalize();
        return Promise.resolve(archive);
      },
      putArchive: async (archive: Buffer, { path }: { path: string }) => {
        for await (const entry of Readable.from(archive).pipe(extract())) {
          const content = await text(entry as unknown as Readable);
          if (entry.header.type === "file") files.set(posix.join(path, entry.header.name), content);
        }
      },
      exec: ({ Cmd }: { Cmd: string[] }) => {
        run(Cmd);
        return Promise.resolve({
          start: () => Promise.resolve(Readable.from([])),
          inspect: () => Promise.resolve({ ExitCode: 0 }),
        });
      },
    }),
  } as never;
}

it("a route leads to where it led when Docker breaks off its switch", async () => {
  const route = (container: string) =>
    renderRoute({
      ...{ routeName: "web", hostnames: ["a.example.com"], noindex: false },
      upstreams: [`${container}:80`],
    });
  const [old, fresh] = [route("old"), route("fresh")];
  const files = new Map([
    ["/config/routes/web.caddy", old.site],
    ...Object.entries(old.upstreams).map(([name, to]) => [`/config/upstreams/${name}`, to] as const),
  ]);
  const before = new Map(files);
  const wanted = { routeName: "web", wanted: fresh, owner: undefined, keepLost: true };
  await expect(replace(gatewayWith(files), "gateway", wanted)).rejects.toThrow(
    /'web' and keeps the old one: socket hang up/,
  );
  expect(files).toEqual(before);
});
