// Alerts that arrive while the page is open.

import { startCuttingProxy } from "../support/cutting_proxy.mjs";
import {
  CLINICIAN, clinicianUrl, expect, patientUrl, rowOf, sendScore, signIn, test, visit,
} from "../support/fixtures.mjs";

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
  await sendScore(patient.page, 9);
  const bar = clinician.getByRole("button", { name: /new alerts? – show$/ });
  await expect(bar).toBeVisible();
  await expect(rows).toHaveCount(1);
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

test("an ended session says so and leads to the sign-in page", async ({ clinician }) => {
  await visit(clinician, `${clinicianUrl}/`);
  await expect(live(clinician)).toBeVisible();
  await clinician.context().clearCookies();
  await clinician.getByRole("link", { name: "Account" }).click();
  await expect(clinician.getByText("Your session has ended")).toBeVisible();
  await clinician.getByRole("link", { name: "Sign in to go on" }).click();
  await expect(clinician).toHaveURL(`${clinicianUrl}/sign-in`);
});
