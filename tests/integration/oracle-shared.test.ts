// What The Oracle's environments share: Whisper ASR, called by both and a way between none.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { connectFrom, resolveFrom } from "../support/attacker.ts";
import { docker } from "../support/docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";

const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];
let project: TestProject;
let early: Outcome;

const app = (stack: Stack) => containerOf(project.name, stack, "app");

/** Sends a second of silence to the Whisper that the app knows, from inside the app's container. */
async function transcribe(stack: Stack, output: string): Promise<{ status: number; text: string }> {
  const script = `
    const wav = Buffer.alloc(44 + 32000);
    wav.write("RIFF", 0); wav.writeUInt32LE(36 + 32000, 4); wav.write("WAVEfmt ", 8); wav.writeUInt32LE(16, 16);
    wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(16000, 24); wav.writeUInt32LE(32000, 28);
    wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34); wav.write("data", 36); wav.writeUInt32LE(32000, 40);
    const form = new FormData();
    form.append("audio_file", new Blob([wav], { type: "audio/wav" }), "silence.wav");
    fetch(process.env.WHISPER_URL + "/asr?task=transcribe&language=en&output=${output}", { method: "POST", body: form })
      .then(async (answer) => console.log(JSON.stringify({ status: answer.status, text: await answer.text() })));`;
  const { output: printed } = await exec(docker, await app(stack), ["node", "-e", script]);
  return JSON.parse(printed) as { status: number; text: string };
}

/** Addresses of a container. */
async function addresses(container: string): Promise<string[]> {
  const { NetworkSettings } = await docker.getContainer(container).inspect();
  return Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
}

beforeAll(async () => {
  const whisper = { whisper: true };
  project = await TestProject.create({ staging: whisper, production: whisper });
  early = await project.tandem(["up", "staging", "--yes"]);
  for (const stack of ["shared", ...STACKS]) {
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
  }
});

afterAll(() => project.remove());

describe("The Oracle's Whisper", () => {
  it("comes before the environments that use it", () => {
    expect(early.exitCode).toBe(2);
    expect(early.output).toContain("tandem up shared");
  });

  it("Oracle: Whisper ASR, shared and stateless, is reachable from both", async () => {
    for (const stack of STACKS) {
      const json = await transcribe(stack, "json");
      expect(json.status).toBe(200);
      expect(JSON.parse(json.text)).toMatchObject({ language: "en", segments: [{ start: 0, end: 1 }] });
      expect((await transcribe(stack, "vtt")).text).toMatch(/^WEBVTT\n\n00:00.000 --> 00:01.000\n/);
      expect((await transcribe(stack, "midi")).status).toBe(422);
    }
    const { HostConfig } = await docker.getContainer(`${project.name}_shared_whisper`).inspect();
    expect(HostConfig.PortBindings ?? {}).toEqual({});
  });

  it("Oracle: Whisper ASR is no way from one app to the other", async () => {
    const whisper = `${project.name}_shared_whisper`;
    for (const [own, other] of [STACKS, STACKS.toReversed()] as [Stack, Stack][]) {
      const target = await app(other);
      const { Name } = await docker.getContainer(target).inspect();
      const attacker = await app(own);
      expect(await resolveFrom(attacker, Name.slice(1))).toBe("");
      for (const address of await addresses(target)) {
        expect(await connectFrom(attacker, address, 8080)).not.toBe("open");
      }
      const { NetworkSettings } = await docker.getContainer(whisper).inspect();
      const elsewhere = NetworkSettings.Networks[`${project.name}_shared_${other}`]?.IPAddress ?? "";
      expect(await connectFrom(attacker, elsewhere, 9000)).not.toBe("open");
    }
    const forwarding = await exec(docker, whisper, ["cat", "/proc/sys/net/ipv4/ip_forward"]);
    expect(forwarding.output.trim()).toBe("0");
  });

  it("is not taken down while an environment uses it", async () => {
    const down = await project.tandem(["down", "shared", "--yes"]);
    expect(down.exitCode).toBe(2);
    expect(down.output).toContain("production and staging use the servers of shared: nothing was touched");
    expect((await transcribe("staging", "txt")).status).toBe(200);
  });
});
