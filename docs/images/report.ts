// Takes the pictures of docs/report.md from a page of `tandem report`: node docs/images/report.ts <page.html>
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { openBrowser } from "../../tests/support/browser.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
/** Share of WebP's best quality: text stays sharp, files small. */
const QUALITY = 0.82;
/** Each form with how much of the page is shown, in CSS pixels. */
const PICTURES = [
  { name: "report-desktop-light", width: 1280, height: 1560, scheme: "light" },
  { name: "report-desktop-dark", width: 1280, height: 1560, scheme: "dark" },
  { name: "report-phone-light", width: 390, height: 1560, scheme: "light" },
  { name: "report-phone-dark", width: 390, height: 1560, scheme: "dark" },
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
for (const { name, width, height, scheme } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  await page.goto(pathToFileURL(resolve(file)).href);
  const webp = await toWebp(browser, await page.screenshot());
  writeFileSync(join(HERE, `${name}.webp`), webp);
  process.stdout.write(`${name}.webp ${Math.round(webp.length / 1024)} KiB\n`);
  await page.close();
}
await browser.close();
