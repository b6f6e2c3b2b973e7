// Builds one form per operation from the API's own description.
"use strict";

let token = null;

const EXAMPLES = {
  login: { username: "clinician1", password: "demo", role: "clinician" },
  submitObservation: { score: 9 },
};

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function field(form, name, control) {
  control.name = name;
  form.append(element("label", {}, name, control));
}

async function call(method, path, operation, form, output) {
  const parameters = operation.parameters ?? [];
  const query = new URLSearchParams();
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  for (const { name, in: place } of parameters) {
    const value = form.elements[name].value.trim();
    if (!value) continue;
    if (place === "header") headers[name] = value; else query.set(name, value);
  }
  const body = form.elements.body?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const address = query.size ? `${path}?${query}` : path;
  output.textContent = "…";
  try {
    const answer = await fetch(address, { method: method.toUpperCase(), headers, body, credentials: "omit" });
    const text = await answer.text();
    let shown = text;
    try {
      const value = JSON.parse(text);
      shown = JSON.stringify(value, null, 2);
      if (operation.operationId === "login" && answer.ok) {
        token = value.token;
        document.getElementById("session").textContent = `Signed in as ${value.role}.`;
      }
    } catch { /* An answer that is no JSON is shown as it is. */ }
    output.textContent = `${answer.status} ${answer.statusText}\n\n${shown}`;
  } catch {
    output.textContent = "No connection to the server. Is it running?";
  }
}

function section(method, path, operation) {
  const form = element("form");
  const output = element("pre", { tabIndex: 0, hidden: true });
  output.setAttribute("role", "status");
  output.setAttribute("aria-label", `Answer to ${operation.operationId}`);
  for (const parameter of operation.parameters ?? []) field(form, parameter.name, element("input"));
  if (operation.requestBody) {
    const example = JSON.stringify(EXAMPLES[operation.operationId] ?? {}, null, 2);
    field(form, "body", element("textarea", { rows: 5, value: example, spellcheck: false }));
  }
  form.append(element("button", {}, `Try ${operation.operationId}`));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    output.hidden = false;
    call(method, path, operation, form, output);
  });
  const title = element("h2", {}, `${method.toUpperCase()} ${path}`);
  return element("section", {}, title, element("p", {}, operation.summary), form, output);
}

async function start() {
  const description = await (await fetch("/api/openapi.json")).json();
  const sections = [];
  for (const [path, methods] of Object.entries(description.paths)) {
    if (path.endsWith("/stream")) continue; // It never ends; use curl -N.
    for (const [method, operation] of Object.entries(methods)) sections.push(section(method, path, operation));
  }
  document.getElementById("operations").replaceChildren(...sections);
}

start();
