// The dashboard's live stream in the hands of a test: nothing comes that the test does not send,
// whatever other tests raise meanwhile.

/** Takes the stream of `page` over, from its next load on. `example` is an alert as the clinic's list
 * has it; `send` brings one to the page. */
export async function streamByHand(page) {
  await page.addInitScript(() => {
    globalThis.EventSource = class extends EventTarget {
      constructor() {
        super();
        this.readyState = 1;
        globalThis.streamByHand = this;
        Promise.resolve().then(() => this.onopen?.(new Event("open")));
      }
      close() {}
    };
  });
  let example;
  const nothing = JSON.stringify({ items: [], next_cursor: null });
  await page.route("**/fn/clinician/alerts", async (route) => {
    example ??= (await (await route.fetch()).json()).items[0];
    await route.fulfill({ contentType: "application/json", body: nothing });
  });
  return {
    example: () => example,
    send: (alert) => page.evaluate((data) => {
      globalThis.streamByHand.dispatchEvent(new MessageEvent("alert", { data }));
    }, JSON.stringify(alert)),
  };
}
