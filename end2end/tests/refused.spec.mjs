// What people see who are turned away because far too much is asked: one page that needs nothing
// else, with one time that counts down, what is safe, and whom to call.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import AxeBuilder from "@axe-core/playwright";

import { ADMINISTRATOR, apiAs, expect, newName, PASSWORD, signIn, test } from "../support/fixtures.mjs";
import { startServer } from "../support/server.mjs";

const EMERGENCY = "If you feel very unwell, call your emergency number.";

// They share a server of their own: who turns everybody away cannot be shared with other tests.
test.describe.configure({ mode: "default" });

const started = [];
let server, administrator, patient;

async function serve(settings) {
  const scratch = await mkdtemp(join(tmpdir(), "healthflow-refused-"));
  const one = await startServer(scratch, { HEALTHFLOW_BACKEND: "embedded", HEALTHFLOW_LOG: "error", ...settings });
  started.push({ ...one, scratch });
  return one;
}

test.beforeAll(async ({ playwright }) => {
  server = await serve();
  const request = await playwright.request.newContext();
  administrator = await apiAs(request, server.clinicianUrl, { ...ADMINISTRATOR, role: "clinic_administrator" });
  patient = { username: newName(), password: PASSWORD, role: "patient" };
  await apiAs(request, server.patientUrl, patient);
});

test.afterAll(async () => {
  for (const { stop, scratch } of started) {
    expect(await stop()).toBe(0);
    await rm(scratch, { recursive: true, force: true });
  }
});

const operate = async (what) => {
  const answer = await administrator.post(`/api/breaker/${what}`, { reason: "A test of the page that is shown then." });
  expect(answer.ok(), await answer.text()).toBe(true);
};

/** The number that is seen a moment after so many seconds have passed; time stands still from then on. */
function countAfter(page, seconds) {
  return page.evaluate((ms) => {
    for (const animation of document.getAnimations()) {
      animation.pause();
      animation.currentTime = ms;
    }
    const count = getComputedStyle(document.querySelector(".wait b"), "::before");
    return Number(count.getPropertyValue("--left"));
  }, seconds * 1_000 + 1);
}

/** That the page is whole, and says one time; which. */
async function oneTime(page, answer) {
  const waits = Number(answer.headers()["retry-after"]);
  const words = await page.locator("main").textContent();
  expect(words.match(/\d+/g)).toEqual([String(waits)]);
  await expect(page.getByText(EMERGENCY)).toBeVisible();
  // Its own styles are let in.
  const ground = await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  expect(ground).toBe("rgb(243, 246, 246)");
  for (const [passed, left] of [[0, waits], [1, waits - 1], [waits, 0]]) {
    expect(await countAfter(page, passed), `after ${passed} s`).toBe(left);
  }
  return waits;
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`a page that is refused says when it is asked for again, and is: ${how}`, async ({ open }) => {
    const page = await open({ javaScriptEnabled, colorScheme: "light" });
    await signIn(page, server.patientUrl, patient);
    await operate("hold");
    const answer = await page.goto(`${server.patientUrl}/history`);
    expect(answer.status()).toBe(503);
    await expect(page).toHaveTitle("HealthFlow is very busy – HealthFlow");
    await expect(page.getByText(/^This page tries again by itself in/)).toBeVisible();
    const waits = await oneTime(page, answer);
    // The browser's own way to do so, without a script.
    expect(answer.headers().refresh).toBe(String(waits));
    if (javaScriptEnabled) expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await operate("reset");
    await page.getByRole("link", { name: "Try again now" }).click();
    await expect(page).toHaveURL(`${server.patientUrl}/history`);
    await expect(page.getByRole("heading", { level: 1, name: "What you sent" })).toBeVisible();
  });
}

test("a form that is refused is kept by the browser, and counts once when it is sent again", async ({ open }) => {
  const page = await open({ javaScriptEnabled: false, colorScheme: "light" });
  await signIn(page, server.patientUrl, patient);
  await page.goto(`${server.patientUrl}/send/heart_rate`);
  await page.locator("#value").fill("72");
  await operate("hold");
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.getByRole("button", { name: "Send", exact: true }).click(),
  ]);
  expect(answer.status()).toBe(503);
  await expect(page.getByText("Nothing was saved of what you entered just now.")).toBeVisible();
  await expect(page.getByText("Values that cannot wait get through even now.")).toBeVisible();
  expect(answer.headers().refresh, "nobody but that person sends it again").toBeUndefined();
  const now = page.getByText("Now you can reload this page.");
  await countAfter(page, 1);
  await expect(now).toBeHidden();
  await oneTime(page, answer);
  await expect(now).toBeVisible();
  await operate("reset");
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  await page.goto(`${server.patientUrl}/history`);
  await expect(page.getByText("72")).toHaveCount(1);
});

test("who asked too much is told so, on the same page", async ({ open, request }) => {
  const page = await open({ javaScriptEnabled: false, colorScheme: "light" });
  // One unit in ten seconds.
  const { patientUrl } = await serve({ HEALTHFLOW_QUOTA_PER_MINUTE: "6" });
  await expect(async () => {
    expect((await request.get(`${patientUrl}/sign-in`)).status()).toBe(429);
  }).toPass({ intervals: [0] });
  const answer = await page.goto(`${patientUrl}/sign-in`);
  expect(answer.status()).toBe(429);
  await expect(page).toHaveTitle("Too many requests – HealthFlow");
  expect(answer.headers().refresh).toBe(answer.headers()["retry-after"]);
  await oneTime(page, answer);
});
