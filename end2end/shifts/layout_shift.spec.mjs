// Nothing moves by itself while a page comes alive: whoever is about to tap hits what they meant.
// HEALTHFLOW_APP=clinician (or patient) looks at the pages of one app alone, at every width; without it
// each app is looked at where most of its people are.

import { ADMINISTRATOR, AUDITOR, CLINICIAN, clinicianUrl, expect, signIn, test, visit } from "../support/fixtures.mjs";
import { enter, scenes } from "../support/scenes.mjs";
import { countShifts, SHIFT_MAX, shiftsOf } from "../support/shifts.mjs";
import { streamByHand } from "../support/stream.mjs";
import { seedWidePatient } from "../support/wide.mjs";

/** What comes with or soon after the page has come. */
const SETTLED_MS = 400;
const sizes = [[360, 740], [768, 1024], [1440, 900]];
const usual = { patient: [sizes[0]], clinician: [sizes[1]] };
// New rows come in from above for as long as nobody's hand is on the table: that is what the scenes show.
const ARRIVING = ["alerts-arrived", "alerts-waiting"];
// Other tests raise alerts at the same time: these lists hear of none.
const STREAMED = ["alerts", "alerts-taken", "alerts-taking-refused"];
const app = process.env.HEALTHFLOW_APP;
const measured = scenes.filter((scene) => (!app || scene.app === app) && !ARRIVING.includes(scene.name));

for (const scene of measured) {
  test(`${scene.app}: ${scene.name} stands still`, async ({ open, request, browser }) => {
    test.slow();
    for (const [width, height] of app ? sizes : usual[scene.app]) {
      const page = await open({ viewport: { width, height }, reducedMotion: "reduce" });
      await countShifts(page);
      if (STREAMED.includes(scene.name)) await streamByHand(page);
      await enter(scene, page, { request, browser });
      const { sum, words } = await shiftsOf(page, SETTLED_MS);
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
        await streamByHand(page);
        for (const path of paths) {
          await visit(page, `${clinicianUrl}${path}`);
          const { sum, words } = await shiftsOf(page, SETTLED_MS);
          expect(sum, `${path} at ${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
        }
        await page.context().close();
      }
    }
  });
}
