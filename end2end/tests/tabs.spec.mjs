// Several dashboards in one browser: one stream for all of them, and none is left without.

import {
  CLINICIAN, clinicianUrl, expect, pressInRow, rowOf, sendScore, signIn, test, visit,
} from "../support/fixtures.mjs";

const live = (page) => page.getByText("Live", { exact: true });
const DASHBOARDS = 6;

/** So many dashboards in one browser, and the streams each has opened. */
async function openDashboards(open, count = DASHBOARDS) {
  const first = await open();
  await signIn(first, clinicianUrl, CLINICIAN);
  // Its first stream is of before the counting: a slow machine may open it only now.
  await expect(live(first)).toBeVisible();
  const pages = [first];
  while (pages.length < count) pages.push(await first.context().newPage());
  const streams = pages.map(() => 0);
  for (const [at, page] of pages.entries()) {
    page.on("request", (request) => {
      if (request.url().endsWith("/api/alerts/stream")) streams[at] += 1;
    });
    await visit(page, `${clinicianUrl}/`);
    await expect(live(page)).toBeVisible();
  }
  return { pages, streams };
}

const total = (streams) => streams.reduce((sum, count) => sum + count, 0);

test("six dashboards of one browser share a stream, and every one can act at once", async ({ open, patient }) => {
  const { pages, streams } = await openDashboards(open);
  expect(total(streams)).toBe(1);
  await sendScore(patient.page, 9);
  for (const page of pages) await expect(rowOf(page, patient.name)).toBeVisible();
  const last = pages.at(-1);
  await pressInRow(rowOf(last, patient.name).getByRole("button", { name: /^Take over/ }));
  for (const page of pages) {
    await expect(rowOf(page, patient.name)).toContainText("Taken by clinician1", { timeout: 5_000 });
  }
  expect(total(streams)).toBe(1);
});

test("when the tab with the stream is closed, another has it within seconds", async ({ open, patient }) => {
  const { pages, streams } = await openDashboards(open, 3);
  const leader = streams.findIndex((count) => count > 0);
  await pages[leader].close();
  await expect(() => expect(total(streams)).toBe(2)).toPass({ timeout: 5_000 });
  await sendScore(patient.page, 9);
  for (const [at, page] of pages.entries()) {
    if (at !== leader) await expect(rowOf(page, patient.name)).toBeVisible();
  }
});

test("when the tab with the stream stands still, another takes over", async ({ open, patient }) => {
  const { pages, streams } = await openDashboards(open, 2);
  const leader = streams.findIndex((count) => count > 0);
  const other = pages[1 - leader];
  // Busy with itself: it neither hears nor says anything.
  const busy = pages[leader].evaluate(() => {
    const until = Date.now() + 30_000;
    while (Date.now() < until);
  }).catch(() => {});
  await expect(() => expect(streams[1 - leader]).toBe(1)).toPass({ timeout: 25_000 });
  await sendScore(patient.page, 9);
  await expect(rowOf(other, patient.name)).toBeVisible();
  await expect(live(other)).toBeVisible();
  // Back again, it follows: its own stream is closed.
  await busy;
  await expect(rowOf(pages[leader], patient.name)).toBeVisible();
  await expect(live(pages[leader])).toBeVisible({ timeout: 15_000 });
});

test("signing out in one tab ends all of them, and who comes next shares nothing with them", async ({
  open, patient,
}) => {
  const { pages, streams } = await openDashboards(open, 2);
  await sendScore(patient.page, 9);
  for (const page of pages) await expect(rowOf(page, patient.name)).toBeVisible();
  await pages[0].getByRole("button", { name: "Sign out" }).click();
  await expect(pages[0]).toHaveURL(`${clinicianUrl}/sign-in`);
  // Whichever comes first: the board learns that the session has ended, or the page is covered.
  const ended = /Your session has ended\.|You are signed out here/;
  await expect(pages[1].getByRole("alert")).toContainText(ended, { timeout: 25_000 });
  await expect(pages[1].getByText(patient.name)).toHaveCount(0, { timeout: 25_000 });
  const before = total(streams);
  await signIn(pages[0], clinicianUrl, CLINICIAN);
  await visit(pages[0], `${clinicianUrl}/`);
  await expect(live(pages[0])).toBeVisible();
  expect(total(streams)).toBeGreaterThan(before);
  await expect(pages[1].getByRole("table")).toHaveCount(0);
});

test("where tabs cannot find each other, each has a stream of its own", async ({ open }) => {
  const page = await open();
  await page.context().addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
    delete globalThis.BroadcastChannel;
  });
  await signIn(page, clinicianUrl, CLINICIAN);
  const second = await page.context().newPage();
  for (const each of [page, second]) {
    const stream = each.waitForRequest((request) => request.url().endsWith("/api/alerts/stream"));
    await visit(each, `${clinicianUrl}/`);
    await stream;
    await expect(live(each)).toBeVisible();
  }
});
