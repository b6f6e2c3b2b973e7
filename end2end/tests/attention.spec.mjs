// A dashboard that nobody looks at: what its tab says, what is said aloud, and what it shows when
// it is no longer to be relied on.

import { startCuttingProxy } from "../support/cutting_proxy.mjs";
import {
  ADMINISTRATOR, apiAs, AUDITOR, CLINICIAN, clinicianUrl, expect, newName, patientUrl, pressInRow, rowOf, sendScore,
  signIn, test, visit,
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
});

/** What is said aloud on `page` from now on: other tests may raise alerts at the same time. */
async function listen(page) {
  await page.evaluate(() => {
    globalThis.said = { assertive: [], polite: [] };
    for (const region of document.querySelectorAll(".visually-hidden[aria-live]")) {
      const heard = globalThis.said[region.getAttribute("aria-live")];
      new MutationObserver(() => heard.push(region.textContent))
        .observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
  return async (region) => (await page.evaluate(() => globalThis.said))[region].join(" ");
}

test("whatever part of the dashboard is open, it counts, names the worst and speaks up", async ({
  open, patient, request,
}) => {
  await sendScore(patient.page, 9);
  const page = await open();
  await signIn(page, clinicianUrl, CLINICIAN);
  await rowOf(page, patient.name).getByRole("link").click();
  await expect(page.getByRole("heading", { name: patient.name })).toBeVisible();
  const counts = async (title) => {
    await expect(page).toHaveTitle(title);
    await expect(icon(page)).toHaveAttribute("href", /^data:image\/svg\+xml,.*%3C\/text%3E/);
  };
  const waits = "\\(\\d+\\+?\\) (Critical|High|Watch) – Alerts";
  await counts(new RegExp(`^${waits} \\| .?${patient.name}.? – HealthFlow$`));
  for (const [path, name] of [["account", "Account"], ["emergency", "Emergency access"]]) {
    await visit(page, `${clinicianUrl}/${path}`);
    await counts(new RegExp(`^${waits} \\| ${name} – HealthFlow$`));
  }
  const said = await listen(page);
  const grave = newName();
  await sends(request, grave, CRITICAL);
  await expect.poll(() => said("assertive")).toContain(`Critical: Oxygen saturation 84 %, of ${grave}.`);
  // The list that is opened then has not missed it.
  await page.getByRole("link", { name: "Alerts" }).click();
  await expect(rowOf(page, grave)).toBeVisible();
  await expect(rowOf(page, grave).getByText("New", { exact: true })).toBeVisible();
  await counts(new RegExp(`^${waits} – HealthFlow$`));
});

test("the tabs of a browser share one stream, whatever parts of the dashboard they show", async ({
  open, request,
}) => {
  const first = await open();
  await signIn(first, clinicianUrl, CLINICIAN);
  await expect(live(first)).toBeVisible();
  const second = await first.context().newPage();
  let streams = 0;
  second.on("request", (asked) => { streams += asked.url().endsWith(STREAM) ? 1 : 0; });
  await visit(second, `${clinicianUrl}/account`);
  const said = await listen(second);
  const grave = newName();
  await sends(request, grave, CRITICAL);
  await expect.poll(() => said("assertive")).toContain(grave);
  expect(streams).toBe(0);
});

for (const who of [ADMINISTRATOR, AUDITOR]) {
  test(`who sees no alerts hears of none: ${who.username}`, async ({ open }) => {
    const page = await open();
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await signIn(page, clinicianUrl, who);
    await visit(page, `${clinicianUrl}/account`);
    await expect(page.getByText("This device")).toBeVisible();
    await expect(page).toHaveTitle("Account – HealthFlow");
    await expect(icon(page)).toHaveAttribute("href", "/favicon.svg");
    await expect(page.locator("[aria-live=assertive]")).toHaveCount(0);
    expect(asked.filter((path) => path.includes("alerts"))).toEqual([]);
  });
}

test("a page of forms is live again when its owner has signed in again", async ({ open }) => {
  const page = await open();
  await signIn(page, clinicianUrl, CLINICIAN);
  await visit(page, `${clinicianUrl}/emergency`);
  await expect(page).toHaveTitle(/– Alerts \| Emergency access/);
  const other = await page.context().newPage();
  await visit(other, `${clinicianUrl}/account`);
  await other.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(other).toHaveURL(`${clinicianUrl}/sign-in`);
  await expect(icon(page)).toHaveAttribute("href", /%234d5f63/);
  await expect(page).not.toHaveTitle(/Alerts/);
  await signIn(other, clinicianUrl, CLINICIAN);
  await page.getByRole("link", { name: "Alerts" }).click();
  await expect(live(page)).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
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
  const said = await listen(clinician);
  const [grave, feverish] = [newName(), newName()];
  await sends(request, grave, CRITICAL);
  await expect.poll(() => said("assertive")).toContain(`Critical: Oxygen saturation 84 %, of ${grave}.`);
  await sends(request, feverish, HIGH);
  await expect.poll(() => said("polite")).toContain(`High: Temperature 39.4 °C, of ${feverish}.`);
  expect(await said("assertive")).not.toContain(feverish);
  expect(await said("polite")).not.toContain(grave);
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
  await pressInRow(row.getByRole("button"));
  await expect(row.getByRole("button")).toContainText("Taking over…");
  await clinician.clock.fastForward(10_500);
  await expect(row.getByRole("alert")).toContainText("This took too long and was given up.");
  await clinician.unroute("**/fn/clinician/acknowledge_alert");
  await pressInRow(row.getByRole("button"));
  await expect(row).toContainText("Taken by clinician1");
});
