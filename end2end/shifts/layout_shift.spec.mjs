// Nothing moves by itself while a page comes alive: whoever is about to tap hits what they meant.
// HEALTHFLOW_APP=clinician (or patient) looks at the pages of one app alone, at every width; without it
// each app is looked at where most of its people are.

import { ADMINISTRATOR, AUDITOR, CLINICIAN, clinicianUrl, expect, signIn, test, visit } from "../support/fixtures.mjs";
import { enter, scenes } from "../support/scenes.mjs";
import { countShifts, shiftsOf } from "../support/shifts.mjs";
import { seedWidePatient } from "../support/wide.mjs";

const SHIFT_MAX = 0.01;
const sizes = [[360, 740], [768, 1024], [1440, 900]];
const usual = { patient: [sizes[0]], clinician: [sizes[1]] };
// New rows come in from above while nobody's hand is on the table: that is what the scene shows.
const ARRIVING = ["alerts-arrived"];
const app = process.env.HEALTHFLOW_APP;
const measured = scenes.filter((scene) => (!app || scene.app === app) && !ARRIVING.includes(scene.name));

/** Other tests raise alerts at the same time: this list hears of none. */
async function deafen(page) {
  await page.addInitScript(() => {
    globalThis.EventSource = class extends EventTarget {
      constructor() {
        super();
        this.readyState = 1;
        setTimeout(() => this.onopen?.(new Event("open")), 50);
      }
      close() {}
    };
  });
  const nothing = JSON.stringify({ items: [], next_cursor: null });
  await page.route("**/fn/clinician/alerts", (route) => route.fulfill({ contentType: "application/json", body: nothing }));
}

/** What comes with or soon after the page has come. */
async function settled(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 400))));
}

for (const scene of measured) {
  test(`${scene.app}: ${scene.name} stands still`, async ({ open, request, browser }) => {
    test.slow();
    for (const [width, height] of app ? sizes : usual[scene.app]) {
      const page = await open({ viewport: { width, height }, reducedMotion: "reduce" });
      await countShifts(page);
      if (scene.name === "alerts") await deafen(page);
      await enter(scene, page, { request, browser });
      await settled(page);
      const { sum, words } = await shiftsOf(page);
      expect(sum, `${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
      await page.context().close();
    }
  });
}

if (app !== "patient") {
  test("clinician: long names and words stand still too", async ({ open, request }) => {
    test.slow();
    const { alert } = await seedWidePatient(request);
    const places = [
      [CLINICIAN, ["/", `/patients/${alert.patient_id}`]],
      [AUDITOR, ["/audit"]],
      [ADMINISTRATOR, ["/staff"]],
    ];
    for (const [width, height] of app ? sizes : usual.clinician) {
      for (const [who, paths] of places) {
        const page = await open({ viewport: { width, height } });
        await countShifts(page);
        await signIn(page, clinicianUrl, who);
        await deafen(page);
        for (const path of paths) {
          await visit(page, `${clinicianUrl}${path}`);
          await settled(page);
          const { sum, words } = await shiftsOf(page);
          expect(sum, `${path} at ${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
        }
        await page.context().close();
      }
    }
  });
}
