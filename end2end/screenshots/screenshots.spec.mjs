// Pictures of every page in every state, for looking at them side by side.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { test } from "../support/fixtures.mjs";
import { enter, scenes } from "../support/scenes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.env.HEALTHFLOW_SCREENSHOTS ?? resolve(here, "../../target/screenshots");
const HIGHEST = 2000;
const widths = { 360: 740, 768: 1024, 1440: 900 };

for (const scene of scenes) {
  test(`${scene.app}: ${scene.name}`, async ({ open, request, browser }) => {
    const page = await open({ reducedMotion: "reduce" });
    await enter(scene, page, { request, browser });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const [width, height] of Object.entries(widths)) {
        await page.setViewportSize({ width: Number(width), height });
        // As high as the page, so that bars at the edges of the window are at the page's.
        const whole = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ width: Number(width), height: Math.min(whole, HIGHEST) });
        const file = `${scene.app}-${scene.name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(folder, file) });
      }
    }
  });
}
