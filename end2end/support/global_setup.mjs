// What is there before the first test: a patient with some days of values, and more alerts than
// one page holds.

import { request as requests } from "@playwright/test";

import { seedAlerts, seedPatient } from "./scenes.mjs";

const ROUNDS = 10;

export default async function globalSetup() {
  const request = await requests.newContext();
  const seeded = await seedPatient(request);
  for (let round = 0; round < ROUNDS; round += 1) await seedAlerts(request);
  await request.dispose();
  // The workers inherit the environment.
  process.env.HEALTHFLOW_SEEDED_PATIENT = JSON.stringify(seeded);
}
