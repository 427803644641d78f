// Which Debian mirror a machine has, from what its apt says.
import { describe, expect, it } from "vitest";
import { chooseMirror } from "./mirror.ts";

const own = "http://deb.debian.org/debian";

describe("chooseMirror", () => {
  it("takes the machine's own entries, the first of each kind", () => {
    expect(
      chooseMirror([
        "Debian bookworm http://mirror.example/debian/",
        "Debian bookworm-updates http://other.example/debian",
        "Debian bookworm-security https://security.example/debian-security/",
      ]),
    ).toEqual({ main: "http://mirror.example/debian", security: "https://security.example/debian-security" });
  });

  it("falls back to Debian's public mirror on other distributions and without apt", () => {
    const expected = { main: own, security: `${own}-security` };
    expect(chooseMirror(["Ubuntu noble http://archive.ubuntu.com/ubuntu/"])).toEqual(expected);
    expect(chooseMirror([""])).toEqual(expected);
  });

  it("passes over what a container can't reach", () => {
    expect(chooseMirror(["Debian bookworm cdrom://disc/", "Debian bookworm file:/srv/debian"]).main).toBe(
      own,
    );
  });
});
