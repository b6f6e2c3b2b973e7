// Reachable by everybody, which axe-core cannot tell: with large type, by keyboard, in the system's
// own colours, with long names; and nothing moves under the finger. One test per page.

import { chromium } from "@playwright/test";

import {
  apiAs, expect, newName, PASSWORD, patientUrl, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";
import {
  beyondTheWindow, enlarge, namesakes, tooSmall, unseenStops, wordsOverWords,
} from "../support/reach.mjs";
import { openByOthers, seedPatient } from "../support/scenes.mjs";
import { countShifts, SHIFT_MAX, shiftsOf } from "../support/shifts.mjs";

const PHONE = { width: 360, height: 740 };
const WIDTHS = [360, 768, 1440];
const LONG_NAME = "W".repeat(30);
const LONG_NOTE = `After${"a".repeat(120)} and then https://example.org/${"path".repeat(30)}`;

/** The pages of each app; `who` signs in. A page stands for its kind: where it is, and what must be
 * on it before it is looked at. */
const PAGES = {
  patient: [
    { path: "/", shows: "Your last values" },
    { path: "/send", shows: "Breathing rate" },
    { path: "/send/symptom_score", shows: "Add a note" },
    { path: "/send/blood_pressure", shows: "Add a note" },
    { path: "/send/glucose", shows: "Add a note" },
    { path: "/history", shows: "Breathing rate" },
    { path: "/me", shows: "This device" },
    { path: "/access", shows: "clinician1" },
  ],
};

/** A patient of a long name, with a value of each kind, a long note, and others who looked. */
let somebody;

test.beforeAll(async ({ playwright }) => {
  const request = await playwright.request.newContext();
  const username = `${LONG_NAME}${newName()}`;
  await seedPatient(request, username);
  const api = await apiAs(request, patientUrl, { username, role: "patient" });
  for (const value of [
    { kind: "respiratory_rate", value: 16, unit: "/min" },
    { kind: "glucose", value: 5.6, unit: "mmol/L" },
    { kind: "symptom_score", score: 9, note: LONG_NOTE },
  ]) expect((await api.post("/api/observations", value)).ok()).toBe(true);
  await openByOthers(request, username);
  await request.dispose();
  somebody = { username, password: PASSWORD };
});

/** Somebody's page, as `options` say. */
async function at(open, { path, shows }, options = {}) {
  const page = await open({ viewport: PHONE, reducedMotion: "reduce", ...options });
  await signIn(page, patientUrl, somebody);
  await visit(page, `${patientUrl}${path}`);
  await expect(page.getByText(shows).first()).toBeVisible();
  return page;
}

for (const place of PAGES.patient) {
  test(`patient ${place.path}: type of twice the size fits a phone, whatever was written`, async ({ open }) => {
    const page = await at(open, place);
    for (const percent of [100, 200]) {
      await enlarge(page, percent);
      expect(await beyondTheWindow(page), `${percent} %`).toEqual([]);
      expect(await wordsOverWords(page), `${percent} %`).toEqual([]);
    }
  });

  test(`patient ${place.path}: every stop of the keyboard is seen, there and back`, async ({ open }) => {
    const page = await at(open, place);
    for (const percent of [100, 200]) {
      await enlarge(page, percent);
      for (const key of ["Tab", "Shift+Tab"]) {
        const { found, stops } = await unseenStops(page, key);
        expect(found, `${key}, ${percent} %`).toEqual([]);
        expect(stops).toBeGreaterThan(3);
      }
    }
  });

  test(`patient ${place.path}: nothing is smaller than can be read, and what differs is named apart`, async ({ open }) => {
    const page = await at(open, place);
    expect(await tooSmall(page, { floor: 16, body: 18 })).toEqual([]);
    expect(await namesakes(page)).toEqual([]);
  });

  test(`patient ${place.path}: nothing moves when the page comes alive`, async ({ open }) => {
    const page = await open({ viewport: PHONE });
    await signIn(page, patientUrl, somebody);
    await countShifts(page, { afterInput: true });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 740 });
      await visit(page, `${patientUrl}${place.path}`);
      await expect(page.getByText(place.shows).first()).toBeVisible();
      const { sum, words } = await shiftsOf(page);
      expect(sum, `${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
    }
  });
}

test("patient: nothing moves when one page follows another", async ({ open }) => {
  const page = await at(open, PAGES.patient[0]);
  await countShifts(page, { afterInput: true });
  await page.route("**/fn/patient/*", async (route) => {
    await new Promise((done) => setTimeout(done, 150));
    await route.continue();
  });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 740 });
    await visit(page, `${patientUrl}/me`);
    await expect(page.getByText("This device")).toBeVisible();
    await page.getByRole("link", { name: "History" }).click();
    await expect(page.getByText("Breathing rate")).toBeVisible();
    await page.getByRole("link", { name: "Today" }).click();
    await expect(page.getByText("Your last values")).toBeVisible();
    const { sum, words } = await shiftsOf(page);
    expect(sum, `${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
  }
  await page.unroute("**/fn/patient/*");
});

test("patient: the browser's own larger type fits a phone too", async () => {
  const { launchOptions } = test.info().project.use;
  const args = [...launchOptions.args, "--blink-settings=defaultFontSize=32,minimumFontSize=12"];
  const browser = await chromium.launch({ ...launchOptions, args });
  const page = await browser.newPage({ viewport: PHONE });
  await signIn(page, patientUrl, somebody);
  for (const { path, shows } of PAGES.patient) {
    await visit(page, `${patientUrl}${path}`);
    await expect(page.getByText(shows).first()).toBeVisible();
    const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
    expect(size, "the setting is taken up").toBeGreaterThanOrEqual(32);
    expect(await beyondTheWindow(page), path).toEqual([]);
    expect(await wordsOverWords(page), path).toEqual([]);
  }
  await browser.close();
});

for (const viewport of [PHONE, { width: 1440, height: 900 }]) {
  test(`patient: the current part is seen in the system's colours at ${viewport.width} px`, async ({ open }) => {
    const page = await at(open, PAGES.patient[5], { viewport, forcedColors: "active" });
    const look = (name) => page.getByRole("link", { name, exact: true }).evaluate((link) => getComputedStyle(link).backgroundColor);
    const [here, there] = [await look("History"), await look("Today")];
    expect(here).not.toBe(there);
    const { found } = await unseenStops(page, "Tab");
    expect(found).toEqual([]);
  });
}

test("the ends of the scale are said before the choice, to eyes and ears", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/`);
  await page.getByRole("link", { name: /^How strong are your symptoms\?.* 10, the worst/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How strong are your symptoms?");
  const ends = page.getByText("1 is hardly any. 10 is the worst you can imagine.");
  await expect(ends).toBeVisible();
  const [said, choice] = [await ends.boundingBox(), await page.getByText("1", { exact: true }).boundingBox()];
  expect(said.y + said.height).toBeLessThanOrEqual(choice.y);
  for (const score of [1, 5, 10]) {
    await expect(page.getByRole("radio", { name: String(score), exact: true }))
      .toHaveAccessibleDescription("1 is hardly any. 10 is the worst you can imagine.");
  }
  await page.getByRole("radio", { name: "9", exact: true }).check({ force: true });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "You entered 9 of 10" })).toBeVisible();
  await expect(page.locator(".check")).toContainText("10 is the worst you can imagine.");
  await page.getByRole("button", { name: "Yes, send 9 of 10" }).click();
  await expect(page.locator(".receipt__card")).toContainText("10 is worst");
});

test("more symptoms are worse, fewer are better, in words", async ({ patient }) => {
  const { page } = patient;
  for (const [score, words] of [[4, null], [6, "worse: 4 before"], [2, "better: 6 before"]]) {
    await sendScore(page, score);
    await page.getByRole("link", { name: "Done" }).click();
    const card = page.locator(".card").filter({ hasText: "Symptom strength" });
    await expect(card).toContainText(`${score} of 10`);
    if (words) await expect(card).toContainText(words);
  }
});

test("two browsers of one make are told apart where they are signed out", async ({ open }) => {
  const [name, page] = [newName(), await open()];
  await signUp(page, name);
  for (const _ of [1, 2]) await signIn(await open(), patientUrl, { username: name });
  await visit(page, `${patientUrl}/me`);
  const told = '[aria-label^="Sign out "][aria-label*="Signed in: "][aria-label*="Last used: "]';
  await expect(page.locator(`summary${told}`)).toHaveCount(2);
});
