// Every page in every state: no barrier that axe-core can find, in both colour schemes, on a phone
// and on a desk; nothing wider than a narrow phone. The fixtures add: no complaint of the browser.

import AxeBuilder from "@axe-core/playwright";

import { expect, test } from "../support/fixtures.mjs";
import { enter, scenes } from "../support/scenes.mjs";

const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1440, height: 900 } };
const NARROWEST = { width: 320, height: 640 };

for (const scene of scenes) {
  test(`${scene.app}: ${scene.name} has no barriers`, async ({ open, request, browser }) => {
    // Four readings of a long list by axe-core are more work than the usual limit foresees.
    test.slow();
    const page = await open({ reducedMotion: "reduce" });
    await enter(scene, page, { request, browser });
    await expect(page).toHaveTitle(/ – HealthFlow$/);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const [size, viewport] of Object.entries(sizes)) {
        await page.setViewportSize(viewport);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" | ")}`);
        expect(found, `${colorScheme}, ${size}`).toEqual([]);
      }
    }
    await page.setViewportSize(NARROWEST);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, "the page must not scroll sideways").toBeLessThanOrEqual(NARROWEST.width);
  });
}
