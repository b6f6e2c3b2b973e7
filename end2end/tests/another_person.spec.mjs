// A page belongs to whoever it was opened for: what it sends is never done for somebody else, and
// what stands on it is shown to nobody else.

import {
  ADMINISTRATOR, apiAs, CLINICIAN, clinicianUrl, expect, newName, patientUrl, rowOf, sendScore, signIn,
  signUp, test, visit,
} from "../support/fixtures.mjs";
import { signInAsNewStaff } from "../support/staff.mjs";

const cover = (page) => page.getByRole("alert");
const plain = (text) => text.replace(/[\u2066-\u2069]/g, "");
const signOut = (page) => page.getByRole("button", { name: "Sign out", exact: true });

/** Another tab of the same browser. */
const anotherTab = (page) => page.context().newPage();

/** What the API says `name` has sent. */
async function sent(request, name) {
  const api = await apiAs(request, patientUrl, { username: name, role: "patient" });
  return (await (await api.get("/api/observations")).json()).observations;
}

async function fillIn(page, value, scripted = true) {
  await visit(page, `${patientUrl}/send/weight`, { scripted });
  await page.getByLabel("Weight").fill(value);
}

const send = (page) => page.getByRole("button", { name: "Send", exact: true }).click();

/** The page says whose it was, and shows nothing else. */
async function expectCovered(page, owner) {
  await expect(cover(page)).toBeVisible();
  expect(plain(await cover(page).innerText())).toContain(
    `This page was opened by ${owner}. You are signed in as somebody else now: nothing was saved.`,
  );
}

test("a value typed by one person is not stored when another has signed in", async ({ open, request }) => {
  const [page, anna, bo] = [await open(), newName(), newName()];
  await signUp(page, anna);
  await fillIn(page, "71");
  const other = await anotherTab(page);
  // As a page that cannot tell the others.
  await other.addInitScript(() => delete globalThis.BroadcastChannel);
  await signUp(other, bo);
  await expect(page.getByLabel("Weight")).toBeVisible();
  await send(page);
  await expectCovered(page, anna);
  await expect(page.getByRole("heading", { name: "Somebody else is signed in here now" })).toBeFocused();
  await expect(page.getByLabel("Weight")).toBeHidden();
  await expect(page).toHaveTitle(/^Somebody else is signed in here now/);
  expect(page.url()).toBe(`${patientUrl}/send/weight`);
  for (const name of [anna, bo]) expect(await sent(request, name), name).toEqual([]);
  await page.getByRole("link", { name: "Load the page again" }).click();
  await expect(page.getByLabel("Weight")).toHaveValue("");
  await page.getByLabel("Weight").fill("83");
  await send(page);
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  await expect.poll(async () => (await sent(request, bo)).length).toBe(1);
  expect(await sent(request, anna)).toEqual([]);
});

test("the other tabs are covered as soon as another person is here, and come back with their own", async ({
  open,
}) => {
  const [page, anna, bo] = [await open(), newName(), newName()];
  await signUp(page, anna);
  await sendScore(page, 4);
  await fillIn(page, "71");
  const other = await anotherTab(page);
  await visit(other, `${patientUrl}/me`);
  await signOut(other).click();
  await expect(other).toHaveURL(`${patientUrl}/sign-in`);
  await expect(page.getByRole("heading", { name: "You are signed out here" })).toBeVisible();
  await expect(page.getByLabel("Weight")).toBeHidden();
  await signUp(other, bo);
  await expectCovered(page, anna);
  await visit(other, `${patientUrl}/me`);
  await signOut(other).click();
  await expect(other).toHaveURL(`${patientUrl}/sign-in`);
  await signIn(other, patientUrl, { username: anna });
  await expect(page.getByLabel("Weight")).toHaveValue("71");
  await expect(page.getByLabel("Weight")).toBeVisible();
  await send(page);
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
});

test("a page asks for nobody else's data", async ({ open }) => {
  const [page, anna, bo] = [await open(), newName(), newName()];
  await signUp(page, anna);
  await visit(page, `${patientUrl}/me`);
  const other = await anotherTab(page);
  await other.addInitScript(() => delete globalThis.BroadcastChannel);
  await signUp(other, bo);
  await sendScore(other, 3);
  await page.getByRole("link", { name: "History" }).click();
  await expectCovered(page, anna);
  await expect(page.getByText("3 of 10")).toBeHidden();
});

test("an expired session goes on with the same form for the same person", async ({ open, request }) => {
  const [page, anna] = [await open(), newName()];
  await signUp(page, anna);
  await fillIn(page, "71");
  await page.context().clearCookies();
  await send(page);
  const again = page.getByRole("alert").getByRole("link", { name: /Sign in to go on/ });
  const [other] = await Promise.all([page.context().waitForEvent("page"), again.click()]);
  await other.getByLabel("User name").fill(anna.toUpperCase());
  await other.getByLabel("Password").fill("correct horse battery");
  await other.getByRole("button", { name: "Sign in" }).click();
  await expect(other).toHaveURL(`${patientUrl}/`);
  await expect(page.getByLabel("Weight")).toHaveValue("71");
  await send(page);
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  await expect.poll(async () => (await sent(request, anna)).length).toBe(1);
});

test("Back after signing out shows nothing of who was there", async ({ open }) => {
  const [page, anna] = [await open(), newName()];
  await signUp(page, anna);
  await sendScore(page, 4);
  await visit(page, `${patientUrl}/history`);
  await expect(page.getByText("4 of 10")).toBeVisible();
  await visit(page, `${patientUrl}/me`);
  await signOut(page).click();
  await expect(page).toHaveURL(`${patientUrl}/sign-in`);
  await page.goBack();
  await expect(page).toHaveURL(`${patientUrl}/sign-in`);
  await page.goBack();
  await expect(page.getByText("4 of 10")).toBeHidden();
});

test("a page out of the browser's memory is loaded anew", async ({ open }) => {
  const page = await open();
  await signUp(page, newName());
  await visit(page, `${patientUrl}/history`);
  await page.evaluate(() => {
    globalThis.isOld = true;
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await expect.poll(() => page.evaluate(() => globalThis.isOld).catch(() => true)).toBeUndefined();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("what an old page of a nurse asks for is done in nobody else's name", async ({ open, patient }) => {
  await sendScore(patient.page, 9);
  const page = await open();
  const nurse = await signInAsNewStaff(page);
  await visit(page, `${clinicianUrl}/`);
  const row = rowOf(page, patient.name);
  await expect(row).toHaveCount(1);
  // It hears of nobody else, neither from other tabs nor by itself.
  const account = await anotherTab(page);
  await account.addInitScript(() => delete globalThis.BroadcastChannel);
  for (const asked of ["**/api/alerts/stream", "**/fn/clinician/alerts"]) {
    await account.route(asked, (route) => route.abort());
  }
  await visit(account, `${clinicianUrl}/account`);
  const other = await anotherTab(page);
  await other.addInitScript(() => delete globalThis.BroadcastChannel);
  await signIn(other, clinicianUrl, CLINICIAN);
  // The list asks by itself now and then, and the stream is opened anew: whichever is first.
  const takeOver = row.getByRole("button", { name: /Take over/ });
  await takeOver.click({ timeout: 2_000 }).catch(() => {});
  await expectCovered(page, nurse);
  await expect(row).toBeHidden();
  await signOut(account).first().click();
  await expectCovered(account, nurse);
  await visit(other, `${clinicianUrl}/`);
  await expect(rowOf(other, patient.name).getByRole("button", { name: /Take over/ })).toBeVisible();
});

test("an old dashboard that nobody touches covers itself", async ({ open, patient }) => {
  await sendScore(patient.page, 9);
  const page = await open();
  const nurse = await signInAsNewStaff(page);
  await visit(page, `${clinicianUrl}/`);
  await expect(rowOf(page, patient.name)).toHaveCount(1);
  const other = await anotherTab(page);
  await other.addInitScript(() => delete globalThis.BroadcastChannel);
  await signIn(other, clinicianUrl, ADMINISTRATOR);
  // The stream ends with its session, and what the browser opens next is another person's.
  await expect(cover(page)).toBeVisible({ timeout: 30_000 });
  await expectCovered(page, nurse);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a value typed by one person is not stored when another has signed in", async ({ open, request }) => {
    const [page, anna, bo] = [await open(), newName(), newName()];
    await signUp(page, anna);
    await fillIn(page, "71", false);
    const other = await anotherTab(page);
    await signUp(other, bo);
    await send(page);
    await expect(page).toHaveURL(`${patientUrl}/not-yours`);
    expect(plain(await cover(page).innerText())).toBe(
      `This page was opened by ${anna}. You are signed in as ${bo} now: nothing was saved.`,
    );
    await expect(page.getByText("71")).toBeHidden();
    for (const name of [anna, bo]) expect(await sent(request, name), name).toEqual([]);
    await page.getByRole("link", { name: "Load the page again" }).click();
    await expect(page.getByLabel("Weight")).toHaveValue("");
    await page.getByLabel("Weight").fill("83");
    await send(page);
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  });

  test("a form goes on after its session expired, for the same person", async ({ open, request }) => {
    const [page, anna] = [await open(), newName()];
    await signUp(page, anna);
    await fillIn(page, "71", false);
    await page.context().clearCookies();
    await signIn(await anotherTab(page), patientUrl, { username: anna });
    await send(page);
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
    await expect.poll(async () => (await sent(request, anna)).length).toBe(1);
  });

  test("signing out in an old tab signs out nobody else", async ({ open }) => {
    const [page, bo] = [await open(), newName()];
    await signUp(page, newName());
    await visit(page, `${patientUrl}/me`, { scripted: false });
    const other = await anotherTab(page);
    await signUp(other, bo);
    await signOut(page).click();
    await expect(page).toHaveURL(`${patientUrl}/not-yours`);
    await visit(other, `${patientUrl}/me`, { scripted: false });
    await expect(other.getByText(bo)).toBeVisible();
  });
});
