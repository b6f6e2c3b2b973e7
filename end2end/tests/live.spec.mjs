// Alerts that arrive while the page is open.

import { startCuttingProxy } from "../support/cutting_proxy.mjs";
import {
  CLINICIAN, clinicianUrl, expect, newName, patientUrl, rowOf, sendScore, signIn, test, visit,
} from "../support/fixtures.mjs";
import { streamByHand } from "../support/stream.mjs";

const STREAM = "/api/alerts/stream";
const live = (page) => page.getByText("Live", { exact: true });

test("a cut stream misses nothing: the list is asked for until the stream is back", async ({
  open, patient,
}) => {
  const proxy = await startCuttingProxy(clinicianUrl, STREAM);
  try {
    const clinician = await open();
    await signIn(clinician, proxy.url, CLINICIAN);
    await expect(live(clinician)).toBeVisible();

    proxy.cut();
    await expect(clinician.getByRole("alert")).toContainText("New alerts do not arrive by themselves.");
    await expect(clinician.getByText(/^Last checked \d\d:\d\d:\d\d$/)).toBeVisible();
    await sendScore(patient.page, 8);
    const rows = rowOf(clinician, patient.name);
    await expect(rows).toHaveCount(1, { timeout: 15_000 });

    proxy.mend();
    await expect(live(clinician)).toBeVisible({ timeout: 20_000 });
    await sendScore(patient.page, 10);
    await expect(rows).toHaveCount(2);
    await expect(rows.first()).toContainText("10 of 10");
  } finally {
    await proxy.close();
  }
});

test("nothing moves under the pointer: what arrives waits behind a bar", async ({ clinician, patient }) => {
  await sendScore(patient.page, 8);
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  const rows = rowOf(clinician, patient.name);
  await rows.first().hover();
  const before = await rows.first().boundingBox();
  await sendScore(patient.page, 9);
  const bar = clinician.getByRole("button", { name: /new alerts? – show$/ });
  await expect(bar).toBeVisible();
  await expect(rows).toHaveCount(1);
  expect(await rows.first().boundingBox()).toEqual(before);
  await bar.focus();
  await clinician.keyboard.press("Enter");
  await expect(rows).toHaveCount(2);
  await expect(bar).toBeHidden();
});

test("what waits comes in when the focus leaves the table", async ({ clinician, patient }) => {
  await sendScore(patient.page, 8);
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  const rows = rowOf(clinician, patient.name);
  await rows.first().getByRole("link").focus();
  await sendScore(patient.page, 9);
  await expect(clinician.getByRole("button", { name: /new alerts? – show$/ })).toBeVisible();
  await clinician.getByRole("link", { name: "Account" }).focus();
  await expect(rows).toHaveCount(2);
});

test("a mouse left on the table does not keep alerts back for ever", async ({ clinician, patient }) => {
  await sendScore(patient.page, 8);
  await clinician.clock.install();
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  const rows = rowOf(clinician, patient.name);
  await rows.first().hover();
  await sendScore(patient.page, 9);
  await expect(clinician.getByRole("button", { name: /new alerts? – show$/ })).toBeVisible();
  await expect(rows).toHaveCount(1);
  await clinician.clock.fastForward("00:40");
  await expect(rows).toHaveCount(2);
});

test("a tap that was on its way when rows moved hits nothing; half a second later it does", async ({
  open, patient,
}) => {
  await sendScore(patient.page, 9);
  const page = await open({ hasTouch: true });
  await signIn(page, clinicianUrl, CLINICIAN);
  const row = rowOf(page, patient.name);
  await expect(row).toBeVisible();
  const stream = await streamByHand(page);
  await page.clock.install();
  await visit(page, `${clinicianUrl}/`);
  await expect(live(page)).toBeVisible();
  await expect.poll(() => stream.example()).toBeDefined();
  await page.evaluate(() => {
    globalThis.sent = 0;
    addEventListener("submit", () => { globalThis.sent += 1; }, true);
  });
  const sent = () => page.evaluate(() => globalThis.sent);
  // From now on time passes as the test says.
  await page.clock.pauseAt(new Date(Date.now() + 60_000));
  const rowsMove = async () => {
    const before = await row.boundingBox();
    const now = new Date().toISOString();
    await stream.send({
      ...stream.example(), alert_id: crypto.randomUUID(), patient_login: newName(),
      created_at: now, effective_at: now, received_at: now,
    });
    await expect.poll(async () => (await row.boundingBox()).y).toBeGreaterThan(before.y);
  };

  await rowsMove();
  const takeOver = row.getByRole("button", { name: /^Take over/ });
  await takeOver.tap();
  expect(await sent()).toBe(0);
  await page.clock.fastForward(499);
  await takeOver.tap();
  expect(await sent()).toBe(0);
  await page.clock.fastForward(1);
  await takeOver.tap();
  expect(await sent()).toBe(1);
  await expect(row).toContainText("Taken by clinician1");

  // Whoever works by keyboard has the focus on what they mean.
  await page.locator("main").evaluate((main) => main.focus());
  await rowsMove();
  await row.getByRole("button", { name: /^Give back/ }).press("Enter");
  expect(await sent()).toBe(2);
  await expect(takeOver).toBeVisible();
});

for (const width of [360, 768, 1440]) {
  test(`no row moves at ${width} px when somebody else takes an alert over`, async ({ open }) => {
    const page = await open({ viewport: { width, height: 900 } });
    await signIn(page, clinicianUrl, CLINICIAN);
    const stream = await streamByHand(page);
    await visit(page, `${clinicianUrl}/`);
    await expect(live(page)).toBeVisible();
    await expect.poll(() => stream.example()).toBeDefined();
    const rows = page.getByRole("row").filter({ has: page.getByRole("button", { name: /^Take over/ }) });
    const now = new Date().toISOString();
    const arrived = {
      ...stream.example(), alert_id: crypto.randomUUID(), patient_login: newName(),
      created_at: now, effective_at: now, received_at: now, note: null, acknowledged: null, reassessed: null,
    };
    await stream.send(arrived);
    const row = rowOf(page, arrived.patient_login);
    await expect(row.getByRole("button", { name: /^Take over/ })).toBeVisible();
    const below = rows.nth(1);
    const before = await below.boundingBox();
    await stream.send({ ...arrived, acknowledged: { by: "nurse", at: new Date().toISOString() } });
    await expect(row).toContainText("Taken by nurse");
    expect(await rows.first().boundingBox()).toEqual(before);
  });
}

test("an ended session says so and leads to the sign-in page", async ({ clinician }) => {
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  await clinician.context().clearCookies();
  await clinician.getByRole("link", { name: "Account" }).click();
  await expect(clinician.getByText("Your session has ended")).toBeVisible();
  await clinician.getByRole("link", { name: "Sign in to go on" }).click();
  await expect(clinician).toHaveURL(`${clinicianUrl}/sign-in`);
});
