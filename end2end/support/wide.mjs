// People whose names and words are as wide as can be.

import { apiAs, clinicianUrl, CLINICIAN, expect, newName, patientUrl } from "./fixtures.mjs";

const NAME_MAX = 64;
export const LONG_NOTE = `${"W".repeat(120)} chest feels tight since the evening, worse on the stairs`;

/** A name of 64 of the widest letters that nobody has yet. */
export function wideName() {
  return `${newName().replace(/[^a-z0-9]/g, "").slice(-8)}${"W".repeat(NAME_MAX)}`.slice(0, NAME_MAX);
}

/** A patient of such a name with a critical alert, a long note and an ordinary value; their alert. */
export async function seedWidePatient(request) {
  const name = wideName();
  const api = await apiAs(request, patientUrl, { username: name, role: "patient" });
  for (const value of [
    { kind: "weight", value: 71.8, unit: "kg", note: LONG_NOTE },
    { kind: "blood_pressure", systolic: 192, diastolic: 104, unit: "mm[Hg]", note: LONG_NOTE },
    { kind: "oxygen_saturation", value: 84, unit: "%", note: LONG_NOTE },
  ]) {
    const answer = await api.post("/api/observations", value);
    expect(answer.ok(), await answer.text()).toBe(true);
  }
  const clinician = await apiAs(request, clinicianUrl, { ...CLINICIAN, role: "clinician" });
  let alert;
  await expect(async () => {
    const { alerts } = await (await clinician.get("/api/alerts?limit=100")).json();
    alert = alerts.find(({ patient_login }) => patient_login === name);
    expect(alert).toBeDefined();
  }).toPass();
  return { name, alert };
}
