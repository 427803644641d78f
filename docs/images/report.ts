// Takes the pictures of docs/report.md from a page of `tandem report`: node docs/images/report.ts <page.html>
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { openBrowser } from "../../tests/support/browser.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
/** Share of WebP's best quality: text stays sharp, files small. */
const QUALITY = 0.82;
/** Each form: its width in CSS pixels, and what of the page is the last that it shows. */
const PICTURES = [
  { name: "report-desktop-light", width: 1280, last: "#topology", scheme: "light" },
  { name: "report-desktop-dark", width: 1280, last: "#topology", scheme: "dark" },
  { name: "report-phone-light", width: 390, last: "#environments .card", scheme: "light" },
  { name: "report-phone-dark", width: 390, last: "#environments .card", scheme: "dark" },
] as const;

/** The browser's own WebP of a PNG: nothing else is needed for small files. */
async function toWebp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const url = `data:image/png;base64,${png.toString("base64")}`;
  const webp = (await page.evaluate(`(async () => {
    const image = new Image();
    image.src = ${JSON.stringify(url)};
    await image.decode();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", ${QUALITY});
  })()`)) as string;
  await page.close();
  return Buffer.from(webp.slice(webp.indexOf(",") + 1), "base64");
}

const file = process.argv[2];
if (file === undefined)
  throw new Error("name a page: ./tandem report, then node docs/images/report.ts <page.html>");
const browser = await openBrowser();
for (const { name, width, last, scheme } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  await page.goto(pathToFileURL(resolve(file)).href);
  const box = await page.locator(last).first().boundingBox();
  const height = Math.ceil((box?.y ?? 0) + (box?.height ?? 0)) + 16;
  const clip = { x: 0, y: 0, width, height };
  const webp = await toWebp(browser, await page.screenshot({ fullPage: true, clip }));
  writeFileSync(join(HERE, `${name}.webp`), webp);
  process.stdout.write(`${name}.webp ${Math.round(webp.length / 1024)} KiB\n`);
  await page.close();
}
await browser.close();
