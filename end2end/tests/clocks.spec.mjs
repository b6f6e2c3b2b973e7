// The reader's clock decides nothing: what is old is shown as old on a device whose clock is wrong.

import {
  CLINICIAN, clinicianUrl, expect, newName, patientUrl, rowOf, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Sets the clock of the device that `page` is on; it goes on from there. */
function clockOff(page, byMs) {
  return page.addInitScript((offMs) => {
    const Right = Date;
    globalThis.Date = class extends Right {
      constructor(...given) {
        super(...(given.length > 0 ? given : [Right.now() + offMs]));
      }
      static now() {
        return Right.now() + offMs;
      }
    };
  }, byMs);
}

for (const [words, byMs] of [["behind", -20 * MINUTE_MS], ["ahead", 20 * MINUTE_MS]]) {
  test(`on a device 20 minutes ${words} an alert is as old as it is`, async ({ open, patient }) => {
    await sendScore(patient.page, 9);
    const page = await open();
    await clockOff(page, byMs);
    await signIn(page, clinicianUrl, CLINICIAN);
    await expect(rowOf(page, patient.name).locator(".age")).toHaveText("just now");
    // Those further down were raised ten minutes earlier.
    await page.route("**/fn/clinician/alerts", async (route) => {
      const answer = await route.fetch();
      const list = await answer.json();
      for (const item of list.items) {
        for (const time of ["created_at", "effective_at", "received_at"]) {
          item[time] = new Date(Date.parse(item[time]) - 10 * MINUTE_MS).toISOString();
        }
      }
      await route.fulfill({ response: answer, json: list });
    });
    await page.getByRole("link", { name: "Show older" }).click();
    await expect(page.getByRole("heading", { name: "Older alerts" })).toBeVisible();
    await expect(page.locator(".age").first()).toHaveText(/^1\d min ago$/);
  });
}

test("an age is there before the page comes alive, and stays", async ({ open, patient }) => {
  await sendScore(patient.page, 9);
  const without = await open({ javaScriptEnabled: false });
  await signIn(without, clinicianUrl, CLINICIAN);
  await expect(rowOf(without, patient.name).locator(".age")).toHaveText("just now");
});

test("today is the server's day on a device that is a day ahead", async ({ open }) => {
  const page = await open();
  await clockOff(page, DAY_MS);
  await signUp(page, newName());
  await sendScore(page, 3);
  await visit(page, `${patientUrl}/history`);
  await expect(page.locator("time").first()).toHaveText(/^Today,/);
});

test("a clock that is set while the page is open changes nothing", async ({ open, patient }) => {
  await sendScore(patient.page, 9);
  const page = await open();
  await page.clock.install();
  await signIn(page, clinicianUrl, CLINICIAN);
  await visit(page, `${clinicianUrl}/`);
  const age = rowOf(page, patient.name).locator(".age");
  await expect(age).toHaveText("just now");
  await page.clock.setSystemTime(Date.now() + 20 * MINUTE_MS);
  // Ages are brought up to date every five seconds.
  await page.clock.fastForward(6_000);
  await expect(age).toHaveText("just now");
});
