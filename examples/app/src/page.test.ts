// The page: the banner is there exactly when one is set, and what people typed is text, not HTML.
import { describe, expect, it } from "vitest";
import { renderPage } from "./page.ts";
import { serviceSettings } from "./settings.ts";

const urls = { DATABASE_URL: "postgres://a@b/c", REDIS_URL: "redis://b" };

describe("renderPage", () => {
  it("shows a banner only when there is one", () => {
    const staging = renderPage(serviceSettings({ ...urls, BANNER: "STAGING <1>" }), { notes: [] });
    expect(staging).toContain('role="status" data-testid="banner">STAGING &lt;1&gt;</div>');
    expect(renderPage(serviceSettings(urls), { notes: [] })).not.toContain('data-testid="banner"');
  });

  it("escapes notes and the query", () => {
    const text = `<script>alert("1")</script>`;
    const note = { id: "1", text, createdAt: "2026-01-02T03:04:05.000Z" };
    const page = renderPage(serviceSettings(urls), {
      notes: [note],
      search: { query: `"><b>`, notes: [note] },
    });
    expect(page).not.toContain("<script>alert");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)");
    expect(page).toContain('value="&quot;&gt;&lt;b&gt;"');
  });
});
