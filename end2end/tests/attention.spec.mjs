// A dashboard that nobody looks at: what its tab says, what is said aloud, and what it shows when
// it is no longer to be relied on.

import { startCuttingProxy } from "../support/cutting_proxy.mjs";
import {
  apiAs, CLINICIAN, clinicianUrl, expect, newName, patientUrl, rowOf, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";

const STREAM = "/api/alerts/stream";
const live = (page) => page.getByText("Live", { exact: true });
const icon = (page) => page.locator("link[rel=icon]");
const assertive = (page) => page.locator("[aria-live=assertive]");
const polite = (page) => page.locator(".visually-hidden[aria-live=polite]");

async function sends(request, username, value) {
  const api = await apiAs(request, patientUrl, { username, role: "patient" });
  expect((await api.post("/api/observations", value)).ok()).toBe(true);
}

const CRITICAL = { kind: "oxygen_saturation", value: 84, unit: "%" };
const HIGH = { kind: "temperature", value: 39.4, unit: "Cel" };

/** What of the list waits for somebody, as the page that was just loaded shows it. */
async function waiting(page) {
  return page.getByRole("button", { name: /^Take over/ }).count();
}

test("the title and the icon count what waits and name the worst", async ({ clinician, request }) => {
  const name = newName();
  await sends(request, name, CRITICAL);
  await expect(async () => {
    await visit(clinician, `${clinicianUrl}/`);
    await expect(rowOf(clinician, name)).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(clinician).toHaveTitle(/^\(\d+\+?\) Critical – Alerts – HealthFlow$/);
  expect(await clinician.title()).not.toContain(name);
  const [, count] = (await clinician.title()).match(/^\((\d+)/);
  expect(Number(count)).toBe(await waiting(clinician));
  await expect(icon(clinician)).toHaveAttribute("href", /^data:image\/svg\+xml,.*%23b3142a.*9\+/);
  // Chromium draws it: a broken drawing has no size.
  const drawn = await icon(clinician).evaluate(async (link) => {
    const image = new Image();
    image.src = link.href;
    await image.decode();
    return image.naturalWidth;
  });
  expect(drawn).toBeGreaterThan(0);
  await clinician.getByRole("link", { name: "Account" }).click();
  await expect(icon(clinician)).toHaveAttribute("href", "/favicon.svg");
});

test("without JavaScript too the title says what waits", async ({ open, request }) => {
  await sends(request, newName(), CRITICAL);
  const page = await open({ javaScriptEnabled: false });
  await signIn(page, clinicianUrl, CLINICIAN);
  await expect(async () => {
    await page.reload();
    await expect(page).toHaveTitle(/^\(\d+\+?\) Critical – Alerts – HealthFlow$/, { timeout: 500 });
  }).toPass();
});

test("a critical alert is said at once, another one politely, both with what and whose", async ({
  clinician, request,
}) => {
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  // Other tests may raise alerts at the same time; what is said is kept.
  await clinician.evaluate(() => {
    globalThis.said = { assertive: [], polite: [] };
    for (const region of document.querySelectorAll(".visually-hidden[aria-live]")) {
      const heard = globalThis.said[region.getAttribute("aria-live")];
      new MutationObserver(() => heard.push(region.textContent))
        .observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
  const said = () => clinician.evaluate(() => globalThis.said);
  const [grave, feverish] = [newName(), newName()];
  await sends(request, grave, CRITICAL);
  await expect(async () => {
    const words = (await said()).assertive.join(" ");
    expect(words).toContain(`Critical: Oxygen saturation 84 %, of ${grave}.`);
  }).toPass();
  await sends(request, feverish, HIGH);
  await expect(async () => {
    const words = (await said()).polite.join(" ");
    expect(words).toContain(`High: Temperature 39.4 °C, of ${feverish}.`);
  }).toPass();
  const { assertive: urgent, polite: others } = await said();
  expect(urgent.join(" ")).not.toContain(feverish);
  expect(others.join(" ")).not.toContain(grave);
  await expect(assertive(clinician)).toHaveCount(1);
  await expect(polite(clinician)).toHaveCount(1);
});

test("a cut stream is a bar across the page with the time of the last check, over faded rows", async ({
  open, patient,
}) => {
  await sendScore(patient.page, 9);
  const proxy = await startCuttingProxy(clinicianUrl, STREAM);
  try {
    const page = await open({ viewport: { width: 1280, height: 800 } });
    await signIn(page, proxy.url, CLINICIAN);
    await expect(live(page)).toBeVisible();
    await expect(page.locator(".live__age")).toHaveText(/^(now|\d+ s ago)$/);
    await expect(page.getByRole("alert")).toHaveCount(0);
    const before = await page.getByRole("row").nth(1).boundingBox();

    proxy.cut();
    await expect(page.getByRole("alert")).toContainText("New alerts do not arrive by themselves.");
    await expect(page.getByText(/^Last checked \d\d:\d\d:\d\d$/)).toBeVisible();
    await expect(page).toHaveTitle(/^Not live – /);
    await expect(icon(page)).toHaveAttribute("href", /^data:image\/svg\+xml,/);
    expect(await page.locator("table").evaluate((table) => getComputedStyle(table).filter)).toBe("grayscale(1)");
    const bar = await page.locator(".bar").boundingBox();
    const main = await page.locator("main").boundingBox();
    expect(bar.width).toBeGreaterThanOrEqual(main.width);
    expect(await page.getByRole("row").nth(1).boundingBox(), "no row moves").toEqual(before);

    proxy.mend();
    await expect(live(page)).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(page).not.toHaveTitle(/Not live/);
  } finally {
    await proxy.close();
  }
});

test("a stream that is back in a moment is not worth a bar", async ({ open }) => {
  const proxy = await startCuttingProxy(clinicianUrl, STREAM);
  try {
    const page = await open();
    await signIn(page, proxy.url, CLINICIAN);
    await expect(live(page)).toBeVisible();
    await page.evaluate(() => {
      globalThis.bars = 0;
      const count = () => { globalThis.bars += document.querySelectorAll(".bar").length; };
      new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
    });
    proxy.cut();
    await expect(page.getByText("Reconnecting…")).toBeVisible();
    proxy.mend();
    await expect(live(page)).toBeVisible({ timeout: 20_000 });
    expect(await page.evaluate(() => globalThis.bars)).toBe(0);
  } finally {
    await proxy.close();
  }
});

for (const place of ["the list of alerts", "a patient's page"]) {
  test(`behind an ended session nothing of patients stays: ${place}`, async ({ open, patient }) => {
    await sendScore(patient.page, 9);
    const page = await open();
    await signIn(page, clinicianUrl, CLINICIAN);
    await visit(page, `${clinicianUrl}/`);
    await expect(live(page)).toBeVisible();
    const row = rowOf(page, patient.name);
    await expect(row).toBeVisible();
    if (place === "a patient's page") {
      await row.getByRole("link", { name: patient.name }).click();
      await expect(page.getByRole("heading", { name: patient.name })).toBeVisible();
    }
    await page.context().clearCookies();
    await expect(page.getByRole("alert")).toContainText("Your session has ended.", { timeout: 25_000 });
    await expect(page.getByText(patient.name)).toHaveCount(0);
    await expect(page.getByRole("table")).toHaveCount(0);
    expect(await page.content()).not.toContain(patient.name);
    await expect(page).toHaveTitle("Signed out – HealthFlow");
    await page.getByRole("link", { name: "Sign in to go on" }).click();
    await expect(page).toHaveURL(`${clinicianUrl}/sign-in`);
  });
}

test("an action that gets no answer says so within seconds, and can be tried again", async ({
  clinician, patient,
}) => {
  await sendScore(patient.page, 9);
  await visit(clinician, `${clinicianUrl}/`);
  const row = rowOf(clinician, patient.name);
  await expect(row).toBeVisible();
  // Never answered.
  await clinician.route("**/fn/clinician/acknowledge_alert", () => {});
  await clinician.clock.install();
  await row.getByRole("button").click();
  await expect(row.getByRole("button")).toContainText("Taking over…");
  await clinician.clock.fastForward(10_500);
  await expect(row.getByRole("alert")).toContainText("This took too long and was given up.");
  await clinician.unroute("**/fn/clinician/acknowledge_alert");
  await row.getByRole("button").click();
  await expect(row).toContainText("Taken by clinician1");
});
